import http from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { reasonOf, SprueError } from '../../core/errors.ts';
import { lookupHost } from './lookup.ts';

export interface HttpClientOptions {
  /** URL without a slash at its end. */
  readonly baseUrl: string;
  readonly skipSslValidation?: boolean;
  /** Told of every answer, for `--debug`. */
  readonly trace?: (line: string) => void;
}

export interface HttpRequest {
  readonly method?: string;
  /** Joined to the base URL; begins with a slash. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | StreamBody;
  /** How long the answer may keep us waiting. Default 30 000; for a stream body, per pause. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** A body too large for memory. It is sent once: such a request is never repeated. */
export interface StreamBody {
  readonly lengthBytes: number;
  open(): Readable;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
}

const DEFAULT_TIMEOUT_MS = 30_000;
const RETRY_DELAYS_MS = [200, 400, 800];
const RETRIED_STATUSES: ReadonlySet<number> = new Set([502, 503]);

/** One server, kept-alive connections. A GET is repeated when a restart on the other side spoilt it. */
export class HttpClient {
  readonly baseUrl: string;
  readonly #options: HttpClientOptions;
  readonly #agent: http.Agent;

  constructor(options: HttpClientOptions) {
    this.baseUrl = options.baseUrl;
    this.#options = options;
    const settings = { keepAlive: true, maxSockets: 8 };
    this.#agent = options.baseUrl.startsWith('https:')
      ? new https.Agent({ ...settings, rejectUnauthorized: options.skipSslValidation !== true })
      : new http.Agent(settings);
  }

  /** @throws SprueError `API_UNREACHABLE`, `API_TIMED_OUT`; the signal's reason when aborted. */
  async send(request: HttpRequest): Promise<HttpAnswer> {
    const repeatable = (request.method ?? 'GET') === 'GET';
    for (const pauseMs of repeatable ? RETRY_DELAYS_MS : []) {
      const answer = await this.#attempt(request).catch((thrown: unknown) => {
        if (isConnectionCut(thrown)) return undefined;
        throw thrown;
      });
      if (answer && !RETRIED_STATUSES.has(answer.status)) return answer;
      await delay(pauseMs, undefined, request.signal ? { signal: request.signal } : {});
    }
    return this.#attempt(request);
  }

  close(): void {
    this.#agent.destroy();
  }

  async #attempt(request: HttpRequest, isSecondTry = false): Promise<HttpAnswer> {
    const { method = 'GET', timeoutMs = DEFAULT_TIMEOUT_MS } = request;
    const startedMs = performance.now();
    const message = this.#open(method, request, timeoutMs);
    const timeoutSignal = AbortSignal.timeout(timeoutMs);
    const streaming = typeof request.body === 'object';
    if (!streaming) timeoutSignal.addEventListener('abort', () => message.destroy(new Timeout()));
    try {
      const [answer] = await Promise.all([readAnswer(message), sendBody(message, request.body)]);
      const elapsedMs = Math.round(performance.now() - startedMs);
      this.#options.trace?.(`${method} ${request.path} → ${answer.status} in ${elapsedMs} ms`);
      return answer;
    } catch (cause) {
      message.destroy();
      request.signal?.throwIfAborted();
      // An idle connection that the server closed just as we wrote to it (RFC 9112 §9.3.1).
      if (message.reusedSocket && !isSecondTry && !streaming && isConnectionCut(cause)) {
        return this.#attempt(request, true);
      }
      throw this.#explain(cause, `${method} ${request.path}`, timeoutMs);
    }
  }

  #open(method: string, request: HttpRequest, timeoutMs: number): http.ClientRequest {
    const { body, signal, headers, path } = request;
    const lengthBytes = typeof body === 'string' ? Buffer.byteLength(body) : body?.lengthBytes;
    const url = new URL(this.baseUrl + path);
    const send = url.protocol === 'https:' ? https.request : http.request;
    const message = send(url, {
      method,
      agent: this.#agent,
      lookup: lookupHost,
      headers: {
        accept: 'application/json',
        'user-agent': 'sprue-cli',
        ...headers,
        ...(lengthBytes !== undefined && { 'content-length': String(lengthBytes) }),
      },
      ...(signal && { signal }),
    });
    if (typeof body === 'object') {
      message.setTimeout(timeoutMs, () => message.destroy(new Timeout()));
    }
    return message;
  }

  #explain(cause: unknown, request: string, timeoutMs: number): SprueError {
    const api = this.baseUrl;
    if (cause instanceof Timeout) {
      const seconds = timeoutMs / 1000;
      return new SprueError('API_TIMED_OUT', { api, request, seconds }, { cause });
    }
    return new SprueError('API_UNREACHABLE', { api, reason: reasonText(cause) }, { cause });
  }
}

class Timeout extends Error {}

async function sendBody(
  message: http.ClientRequest,
  body: string | StreamBody | undefined,
): Promise<void> {
  if (typeof body !== 'object') {
    message.end(body);
    return;
  }
  // The server may answer before it has read everything, e.g. 413; the answer then counts.
  let answered = false;
  message.once('response', () => {
    answered = true;
  });
  await pipeline(body.open(), message).catch((cause: unknown) => {
    if (!answered) throw cause;
  });
}

function readAnswer(message: http.ClientRequest): Promise<HttpAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
  message.once('error', reject);
  message.once('response', response => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.once('error', reject);
    response.once('end', () => {
      const { statusCode: status = 0, headers } = response;
      resolve({ status, headers, text: Buffer.concat(chunks).toString() });
    });
  });
  return promise;
}

function isConnectionCut(thrown: unknown): boolean {
  const cause = thrown instanceof SprueError ? thrown.cause : thrown;
  const code = (cause as NodeJS.ErrnoException | undefined)?.code;
  return code === 'ECONNRESET' || code === 'EPIPE';
}

function reasonText(cause: unknown): string {
  const { code } = cause as NodeJS.ErrnoException;
  if (code === 'ECONNREFUSED') return 'nothing listens there';
  if (code === 'ENOTFOUND') return 'the name does not resolve';
  if (code === 'ECONNRESET') return 'the connection was cut';
  if (code === 'DEPTH_ZERO_SELF_SIGNED_CERT' || code === 'SELF_SIGNED_CERT_IN_CHAIN') {
    return 'its certificate is self-signed (--skip-ssl-validation accepts it)';
  }
  return reasonOf(cause);
}
