import { get } from 'node:http';
import type { Ipv4 } from '../core/address.ts';
import type { ProbeOutcome } from './router-health.ts';

/** A router answers a request with this `User-Agent` itself, as gorouter does (`healthcheck_user_agent`). */
const USER_AGENT = 'HTTP-Monitor/1.1';

/** Asks a router on its traffic port, over a connection of its own, how it is. Never throws. */
export function probeRouter(
  target: { readonly address: Ipv4; readonly port: number },
  timeoutMs: number,
): Promise<ProbeOutcome> {
  const { promise, resolve } = Promise.withResolvers<ProbeOutcome>();
  const request = get({
    host: target.address,
    port: target.port,
    path: '/',
    agent: false,
    headers: { 'user-agent': USER_AGENT, connection: 'close' },
    signal: AbortSignal.timeout(timeoutMs), // also for an answer that never ends
  });
  request.once('error', () => resolve('silent'));
  request.once('response', response => {
    resolve(response.statusCode === 200 ? 'well' : 'unwell');
    response.on('error', () => {}); // told already
    response.resume();
  });
  return promise;
}
