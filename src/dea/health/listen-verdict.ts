import { isIPv6 } from 'node:net';
import type { Listener } from '../../exec/listeners.ts';
import type { ListenProblem } from '../../proto/actual-instance.ts';

/** A TCP socket that listens in a container. */
export type ListeningSocket = Pick<Listener, 'address' | 'port'>;

/**
 * Why nobody outside the container reaches the app on `port`, judged by what listens in there.
 * @returns `undefined` when something listens as it should.
 */
export function listenVerdict(
  sockets: readonly ListeningSocket[],
  port: number,
): ListenProblem | undefined {
  const onPort = sockets.filter(socket => socket.port === port);
  if (onPort.some(socket => !isLoopback(socket.address))) return undefined;
  const [local] = onPort;
  if (local !== undefined) {
    return {
      code: 'APP_LOOPBACK_BIND',
      text: `The app listens on ${format(local)} only, which nothing outside its container can reach.`,
      fix: `Make it listen on 0.0.0.0 (all addresses) and the port in $PORT (${port}).`,
    };
  }
  if (sockets.length > 0) {
    const found = [...new Set(sockets.map(format))].join(', ');
    return {
      code: 'APP_WRONG_PORT',
      text: `The app listens on ${found}, but not on port ${port}, where requests go.`,
      fix: `Make it listen on the port in $PORT (${port}) on 0.0.0.0 instead of a port of its own.`,
    };
  }
  return {
    code: 'APP_NOT_LISTENING',
    text: `The app runs, but does not listen on any port; port ${port} was expected.`,
    fix: `Make it listen on 0.0.0.0 and the port in $PORT (${port}), or choose the health check “process” if it serves no requests.`,
  };
}

function isLoopback(address: string): boolean {
  const v4 = address.replace(/^::ffff:/i, '');
  return v4.startsWith('127.') || address === '::1';
}

function format({ address, port }: ListeningSocket): string {
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}
