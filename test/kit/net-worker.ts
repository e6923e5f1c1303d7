/**
 * Opens sockets in the network namespace that it was started in. One JSON request per line on
 * standard input, one JSON answer per line on standard output; see net-worker-client.ts.
 */
import { createSocket } from 'node:dgram';
import { createServer, type Server, type Socket, connect as tcpConnect } from 'node:net';
import { createInterface } from 'node:readline';
import type { WorkerOperations } from './net-worker-client.ts';

const servers = new Map<number, { close(): void }>();
const sockets = new Map<number, Socket>();
let nextHandle = 1;

const operations: WorkerOperations = {
  /** Greets every client with its address and the server's own, then echoes. */
  async listenTcp({ host, port }) {
    const server: Server = createServer(socket => {
      socket.on('error', () => {});
      socket.write(`${socket.remoteAddress} ${socket.localAddress}\n`);
      socket.pipe(socket);
    });
    await once(server, 'listening', () => server.listen(port, host));
    const handle = nextHandle++;
    servers.set(handle, server);
    const address = server.address();
    return { handle, port: typeof address === 'object' && address ? address.port : port };
  },

  async listenUdp({ host, port }) {
    const socket = createSocket('udp4');
    socket.on('message', (_, peer) => socket.send(peer.address, peer.port, peer.address));
    await once(socket, 'listening', () => socket.bind(port, host));
    const handle = nextHandle++;
    servers.set(handle, socket);
    return { handle, port: socket.address().port };
  },

  async connectTcp({ host, port, localAddress, localPort, timeoutMs = 2000 }) {
    const startMs = performance.now();
    const { promise, resolve } = Promise.withResolvers<string>();
    const socket = tcpConnect({
      host,
      port,
      ...(localAddress !== undefined && { localAddress }),
      ...(localPort !== undefined && { localPort }),
    });
    const timer = setTimeout(() => resolve('TIMEOUT'), timeoutMs);
    socket.once('error', error => resolve((error as NodeJS.ErrnoException).code ?? 'ERROR'));
    socket.once('data', data => resolve(`ok ${data.toString().trim()}`));
    const outcome = await promise;
    clearTimeout(timer);
    const ms = performance.now() - startMs;
    if (!outcome.startsWith('ok ')) {
      socket.destroy();
      return { ok: false, code: outcome, ms };
    }
    socket.on('error', () => {});
    socket.setMaxListeners(0); // each echo adds its own
    const handle = nextHandle++;
    sockets.set(handle, socket);
    const [seenAs = '', servedBy = ''] = outcome.slice(3).split(' ');
    return { ok: true, seenAs, servedBy, handle, ms };
  },

  async echo({ handle, text, timeoutMs = 2000 }) {
    const socket = sockets.get(handle);
    if (socket === undefined || socket.destroyed) return { ok: false, code: 'CLOSED' };
    const { promise, resolve } = Promise.withResolvers<string>();
    const timer = setTimeout(() => resolve('TIMEOUT'), timeoutMs);
    socket.once('error', error => resolve((error as NodeJS.ErrnoException).code ?? 'ERROR'));
    socket.once('close', () => resolve('CLOSED'));
    socket.once('data', data => resolve(`ok ${data}`));
    socket.write(text);
    const outcome = await promise;
    clearTimeout(timer);
    return outcome.startsWith('ok ') ? { ok: true } : { ok: false, code: outcome };
  },

  async askUdp({ host, port, localAddress, timeoutMs = 1000 }) {
    const startMs = performance.now();
    const socket = createSocket('udp4');
    const { promise, resolve } = Promise.withResolvers<string>();
    const timer = setTimeout(() => resolve('TIMEOUT'), timeoutMs);
    socket.on('error', error => resolve((error as NodeJS.ErrnoException).code ?? 'ERROR'));
    socket.on('message', data => resolve(`ok ${data}`));
    socket.bind(0, localAddress, () => {
      // A connected socket hears ICMP errors; an unconnected one would wait for the time-out.
      socket.connect(port, host, () => socket.send('?'));
    });
    const outcome = await promise;
    clearTimeout(timer);
    socket.close();
    const ms = performance.now() - startMs;
    if (!outcome.startsWith('ok ')) return { ok: false, code: outcome, ms };
    return { ok: true, seenAs: outcome.slice(3), servedBy: '', handle: 0, ms };
  },

  async close({ handle }) {
    servers.get(handle)?.close();
    sockets.get(handle)?.destroy();
    servers.delete(handle);
    sockets.delete(handle);
    return {};
  },
};

async function once(
  emitter: { once(event: string, listener: (error: Error) => void): unknown },
  event: string,
  start: () => void,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  emitter.once('error', reject);
  emitter.once(event, () => resolve());
  start();
  return promise;
}

for await (const line of createInterface({ input: process.stdin })) {
  const { id, operation, args } = JSON.parse(line) as {
    id: number;
    operation: keyof WorkerOperations;
    args: never;
  };
  operations[operation](args).then(
    answer => process.stdout.write(`${JSON.stringify({ id, answer })}\n`),
    (error: Error) => process.stdout.write(`${JSON.stringify({ id, error: error.message })}\n`),
  );
}
process.exit(0);
