import { request } from 'node:http';

export interface Probe {
  readonly port: number;
  /** Host header. */
  readonly host: string;
  readonly path?: string;
  readonly timeoutMs?: number;
}

export interface ProbeAnswer {
  readonly status: number;
  readonly body: string;
  /** The client's and the router's end of the connection, e.g. `127.0.0.1:41822`. */
  readonly from: string;
  readonly to: string;
}

/** One GET through the router on loopback. @returns `undefined` when there is no answer. */
export function probeHttp({
  port,
  host,
  path = '/',
  timeoutMs = 5_000,
}: Probe): Promise<ProbeAnswer | undefined> {
  const { promise, resolve } = Promise.withResolvers<ProbeAnswer | undefined>();
  const outgoing = request(
    { host: '127.0.0.1', port, path, headers: { host }, timeout: timeoutMs, agent: false },
    incoming => {
      const { socket } = incoming;
      const from = `${socket.localAddress}:${socket.localPort}`;
      const to = `${socket.remoteAddress}:${socket.remotePort}`;
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () =>
        resolve({
          status: incoming.statusCode ?? 0,
          body: Buffer.concat(chunks).toString(),
          from,
          to,
        }),
      );
      incoming.on('error', () => resolve(undefined));
    },
  );
  outgoing.on('timeout', () => outgoing.destroy());
  outgoing.on('error', () => resolve(undefined));
  outgoing.end();
  return promise;
}
