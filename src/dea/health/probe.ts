import { request } from 'node:http';
import { connect } from 'node:net';
import type { HostPort } from '../../core/address.ts';
import type { HealthCheck } from '../../proto/desired-instance.ts';

export type ProbeResult =
  | { readonly healthy: true }
  /** `text` is one clause for people, e.g. `no TCP connection to 10.254.0.2:8080: connection refused`. */
  | { readonly healthy: false; readonly text: string };

const HEALTHY: ProbeResult = { healthy: true };

/** Looks once at an instance, from outside its container. Never throws. */
export function probe(check: HealthCheck, target: HostPort): Promise<ProbeResult> {
  const timeoutMs = check.invocationTimeoutSec * 1000;
  switch (check.type) {
    case 'process':
      return Promise.resolve(HEALTHY);
    case 'port':
      return probePort(target, timeoutMs);
    case 'http':
      return probeHttp(target, check.endpoint, timeoutMs);
    default:
      throw check.type satisfies never;
  }
}

/** Healthy when a TCP connection is accepted. */
function probePort({ host, port }: HostPort, timeoutMs: number): Promise<ProbeResult> {
  const { promise, resolve } = Promise.withResolvers<ProbeResult>();
  const socket = connect({ host, port, timeout: timeoutMs });
  socket.once('connect', () => resolve(HEALTHY));
  socket.once('timeout', () => resolve(failed(`${host}:${port} did not accept`, 'ETIMEDOUT')));
  socket.once('error', error => resolve(failed(`no TCP connection to ${host}:${port}`, error)));
  return promise.finally(() => socket.destroy());
}

/** Healthy when a GET is answered with 200–399 (a redirect to a log-in page is an answer, too). */
function probeHttp(
  { host, port }: HostPort,
  path: string,
  timeoutMs: number,
): Promise<ProbeResult> {
  const { promise, resolve } = Promise.withResolvers<ProbeResult>();
  const what = `GET ${path} on ${host}:${port}`;
  const headers = { 'user-agent': 'sprue-health-check', connection: 'close' };
  const ask = request({ host, port, path: encodeURI(decodable(path)), headers, agent: false });
  const timer = setTimeout(
    () => resolve(failed(`${what} was not answered`, 'ETIMEDOUT')),
    timeoutMs,
  );
  ask.once('response', ({ statusCode = 0 }) => {
    const text = `${what} was answered with status ${statusCode}`;
    resolve(statusCode >= 200 && statusCode < 400 ? HEALTHY : { healthy: false, text });
  });
  ask.once('error', error => resolve(failed(`${what} failed`, error)));
  ask.end();
  return promise.finally(() => {
    clearTimeout(timer);
    ask.on('error', () => {}); // of the connection that is cut off here
    ask.destroy();
  });
}

/** A path as a user writes it may hold spaces and umlauts, or have them encoded already. */
function decodable(path: string): string {
  try {
    return decodeURI(path).toWellFormed();
  } catch {
    return path.toWellFormed();
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network unreachable',
  ETIMEDOUT: 'timed out',
};

function failed(what: string, error: Error | string): ProbeResult {
  const code = typeof error === 'string' ? error : (error as NodeJS.ErrnoException).code;
  const reason = REASONS[code ?? ''] ?? (typeof error === 'string' ? error : error.message);
  return { healthy: false, text: `${what}: ${reason}` };
}
