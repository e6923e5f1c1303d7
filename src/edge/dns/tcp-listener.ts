import { createServer, type Server, type Socket } from 'node:net';
import { clientPrefix } from './client-prefix.ts';
import type { Responder } from './responder.ts';
import { serveTcpConnection } from './tcp-connection.ts';

export interface TcpLimits {
  /** A connection without a complete query for this long is closed. */
  readonly idleTimeoutMs: number;
  /** More connections than these are closed at once. */
  readonly maxConnections: number;
  /** So many of them may come from one client network, so that one cannot shut out the others. */
  readonly maxConnectionsPerClient: number;
}

/** One listening TCP socket with its connections. */
export class TcpListener implements AsyncDisposable {
  readonly #server: Server;
  readonly #responder: Responder;
  readonly #limits: TcpLimits;
  readonly #open = new Set<Socket>();
  readonly #perClient = new Map<string, number>();

  private constructor(responder: Responder, limits: TcpLimits) {
    this.#responder = responder;
    this.#limits = limits;
    // Half open, because a client may send its last query and its FIN together.
    this.#server = createServer({ allowHalfOpen: true }, socket => this.#accept(socket));
  }

  /** @throws the error of the kernel */
  static async listen(
    at: { readonly address: string; readonly port: number },
    responder: Responder,
    limits: TcpLimits,
  ): Promise<TcpListener> {
    const listener = new TcpListener(responder, limits);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    listener.#server.once('error', reject);
    listener.#server.listen({ host: at.address, port: at.port, ipv6Only: true }, resolve);
    await promise;
    // An accept that fails for want of descriptors concerns that client alone.
    listener.#server.off('error', reject).on('error', () => {});
    return listener;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    for (const socket of this.#open) socket.destroy();
    await promise;
  }

  #accept(socket: Socket): void {
    const client = clientPrefix(socket.remoteAddress ?? '');
    const ofClient = this.#perClient.get(client) ?? 0;
    const { maxConnections, maxConnectionsPerClient, idleTimeoutMs } = this.#limits;
    if (this.#open.size >= maxConnections || ofClient >= maxConnectionsPerClient) {
      this.#responder.counters.tcpRefused += 1;
      socket.destroy();
      return;
    }
    this.#open.add(socket);
    this.#perClient.set(client, ofClient + 1);
    this.#responder.counters.tcpOpen += 1;
    socket.once('close', () => this.#forget(socket, client));
    serveTcpConnection(socket, this.#responder, idleTimeoutMs);
  }

  #forget(socket: Socket, client: string): void {
    this.#open.delete(socket);
    this.#responder.counters.tcpOpen -= 1;
    const left = (this.#perClient.get(client) ?? 1) - 1;
    if (left === 0) this.#perClient.delete(client);
    else this.#perClient.set(client, left);
  }
}
