import { SprueError } from '../../core/errors.ts';
import type { OauthErrorBody } from '../../proto/v3/error.ts';
import { OAUTH_CLIENT, type TokenAnswer } from '../../proto/v3/token.ts';
import type { HttpAnswer, HttpClient } from './http-client.ts';
import { errorOfAnswer } from './remote-error.ts';

export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
}

export type TokenGrant = { readonly signal?: AbortSignal } & (
  | { readonly grant: 'password'; readonly user: string; readonly password: string }
  | { readonly grant: 'refresh'; readonly refreshToken: string; readonly user?: string }
);

/** `POST /oauth/token`. @throws SprueError `LOGIN_REJECTED` when user, password or token are refused. */
export async function fetchTokens(http: HttpClient, grant: TokenGrant): Promise<Tokens> {
  const form = new URLSearchParams(
    grant.grant === 'password'
      ? { grant_type: 'password', username: grant.user, password: grant.password }
      : { grant_type: 'refresh_token', refresh_token: grant.refreshToken },
  );
  const answer = await http.send({
    method: 'POST',
    path: '/oauth/token',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `Basic ${Buffer.from(`${OAUTH_CLIENT}:`).toString('base64')}`,
    },
    body: form.toString(),
    ...(grant.signal && { signal: grant.signal }),
  });
  if (answer.status !== 200) throw loginError(answer, grant, http.baseUrl);
  const token = JSON.parse(answer.text) as TokenAnswer;
  return { accessToken: token.access_token, refreshToken: token.refresh_token };
}

/** When an access token ends, milliseconds since the epoch; 0 when it cannot be read. */
export function tokenExpiryMs(accessToken: string): number {
  try {
    const payload = Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString();
    const { exp } = JSON.parse(payload) as { exp?: unknown };
    return typeof exp === 'number' ? exp * 1000 : 0;
  } catch {
    return 0;
  }
}

function loginError(answer: HttpAnswer, grant: TokenGrant, api: string): SprueError {
  const refused = answer.status === 400 || answer.status === 401 || answer.status === 403;
  if (!refused) return errorOfAnswer(answer, 'POST /oauth/token', api);
  const details = { api, user: grant.user ?? 'the saved token', reason: oauthReason(answer.text) };
  return new SprueError('LOGIN_REJECTED', details);
}

function oauthReason(text: string): string {
  try {
    const { error, error_description } = JSON.parse(text) as Partial<OauthErrorBody>;
    return (error_description ?? error ?? 'no reason given').replace(/\.$/, '');
  } catch {
    return 'no reason given';
  }
}
