import { createServer } from 'node:net';

/** Whether a process of this machine holds the TCP port on any address: found out by trying to bind it. */
export async function isPortBusy(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = createServer();
  server.once('error', () => resolve(true));
  server.listen({ port, host: '0.0.0.0', backlog: 1 }, () => server.close(() => resolve(false)));
  return promise;
}
