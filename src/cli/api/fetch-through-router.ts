import http from 'node:http';
import https from 'node:https';
import { reasonOf } from '../../core/errors.ts';
import { lookupHost } from './lookup.ts';

export type RouterAnswer =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly elapsedMs: number;
      /** Why the router itself answered, from `X-Cf-RouterError`. */
      readonly routerError: string | undefined;
      /** The name did not resolve; the API's address was asked instead. */
      readonly viaApi: boolean;
    }
  | { readonly kind: 'none'; readonly reason: string };

export interface FetchOptions {
  readonly api: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly skipSslValidation: boolean;
}

/**
 * One GET as a user of the app would make it. When the app's name does not resolve here, the router is
 * asked at the API's address, with the app's name as Host.
 */
export async function fetchThroughRouter(
  url: string,
  options: FetchOptions,
): Promise<RouterAnswer> {
  try {
    return await get(url, url, options);
  } catch (thrown) {
    options.signal.throwIfAborted();
    const { code } = thrown as NodeJS.ErrnoException;
    if (code !== 'ENOTFOUND' && code !== 'EAI_AGAIN')
      return { kind: 'none', reason: reasonOf(thrown) };
  }
  try {
    return await get(url, options.api, options);
  } catch (thrown) {
    options.signal.throwIfAborted();
    return { kind: 'none', reason: reasonOf(thrown) };
  }
}

function get(url: string, dialled: string, options: FetchOptions): Promise<RouterAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<RouterAnswer>();
  const wanted = new URL(url);
  const { hostname, protocol } = new URL(dialled);
  const startedMs = performance.now();
  const request = (protocol === 'https:' ? https : http).request({
    host: hostname,
    port: wanted.port === '' ? (protocol === 'https:' ? 443 : 80) : wanted.port,
    path: wanted.pathname,
    servername: wanted.hostname,
    rejectUnauthorized: !options.skipSslValidation,
    headers: { host: wanted.host, 'user-agent': 'sprue-push', connection: 'close' },
    lookup: lookupHost,
    signal: AbortSignal.any([options.signal, AbortSignal.timeout(options.timeoutMs)]),
  });
  request.once('error', reject);
  request.once('response', response => {
    // The head is all that counts: the rest is drained, but nobody waits for it.
    response.resume();
    response.once('error', () => {});
    response.socket.unref();
    const routerError = response.headers['x-cf-routererror'];
    resolve({
      kind: 'answer',
      status: response.statusCode ?? 0,
      elapsedMs: performance.now() - startedMs,
      routerError: Array.isArray(routerError) ? routerError[0] : routerError,
      viaApi: dialled !== url,
    });
  });
  request.end();
  return promise;
}
