import { hasCode, SprueError } from '../../core/errors.ts';
import type { Target } from '../config/config-file.ts';
import type { HttpAnswer, HttpClient, HttpRequest } from './http-client.ts';
import { errorOfAnswer } from './remote-error.ts';
import { fetchTokens, type Tokens, tokenExpiryMs } from './tokens.ts';

/** A token with less life than this is replaced before it is used. */
const REFRESH_MARGIN_MS = 60_000;

export interface SessionOptions {
  readonly http: HttpClient;
  readonly target: Target;
  /** `SPRUE_USER` and `SPRUE_PASSWORD`, when both are set. */
  readonly credentials?: { readonly user: string; readonly password: string };
  /** Called with new tokens, to keep them. */
  readonly save: (tokens: Tokens) => Promise<void>;
}

/** Requests with a valid token: refreshed in time, fetched again when the API refuses it. */
export class Session {
  readonly #options: SessionOptions;
  #tokens: Tokens | undefined;
  #renewal: Promise<Tokens> | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    const { accessToken, refreshToken } = options.target;
    if (accessToken !== undefined) this.#tokens = { accessToken, refreshToken: refreshToken ?? '' };
  }

  /** @throws SprueError for every answer with a status of 400 or more. */
  async send(request: HttpRequest): Promise<HttpAnswer> {
    const answer = await this.sendRaw(request);
    if (answer.status < 400) return answer;
    const { baseUrl } = this.#options.http;
    throw errorOfAnswer(answer, `${request.method ?? 'GET'} ${request.path}`, baseUrl);
  }

  /** Like {@link send}, but every answer of the API is an answer. */
  async sendRaw(request: HttpRequest): Promise<HttpAnswer> {
    const { http } = this.#options;
    const answer = await http.send(withToken(request, await this.#validToken()));
    // The body of an upload is gone; every other request may be sent again with a new token.
    if (answer.status !== 401 || typeof request.body === 'object') return answer;
    const renewed = await this.#renew().catch(() => undefined);
    return renewed ? http.send(withToken(request, renewed.accessToken)) : answer;
  }

  async #validToken(): Promise<string> {
    const tokens = this.#tokens;
    if (tokens && tokenExpiryMs(tokens.accessToken) - Date.now() > REFRESH_MARGIN_MS) {
      return tokens.accessToken;
    }
    return (await this.#renew()).accessToken;
  }

  /** Requests that need a new token at the same time share one. */
  #renew(): Promise<Tokens> {
    this.#renewal ??= this.#fetch().finally(() => {
      this.#renewal = undefined;
    });
    return this.#renewal;
  }

  async #fetch(): Promise<Tokens> {
    const { http, credentials, save } = this.#options;
    const tokens = (await this.#refresh()) ?? (credentials && (await login(http, credentials)));
    if (tokens === undefined) throw new SprueError('NOT_LOGGED_IN', { api: http.baseUrl });
    this.#tokens = tokens;
    await save(tokens);
    return tokens;
  }

  async #refresh(): Promise<Tokens | undefined> {
    const refreshToken = this.#tokens?.refreshToken ?? '';
    if (refreshToken === '') return undefined;
    try {
      return await fetchTokens(this.#options.http, { grant: 'refresh', refreshToken });
    } catch (thrown) {
      if (hasCode(thrown, 'LOGIN_REJECTED')) return undefined;
      throw thrown;
    }
  }
}

function login(http: HttpClient, credentials: { user: string; password: string }): Promise<Tokens> {
  return fetchTokens(http, { grant: 'password', ...credentials });
}

function withToken(request: HttpRequest, accessToken: string): HttpRequest {
  return {
    ...request,
    headers: { ...request.headers, authorization: `bearer ${accessToken}` },
  };
}
