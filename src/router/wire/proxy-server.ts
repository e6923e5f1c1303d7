import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { poll } from '../../core/wait.ts';
import type { Endpoint } from '../table/endpoint.ts';
import { ClientConnection } from './client-connection.ts';
import { closeListener } from './close-listener.ts';
import { EndpointConnections } from './endpoint-connections.ts';
import { ProxyContext, type ProxyParts } from './proxy-context.ts';
import type { ProxyCounters } from './proxy-counters.ts';
import { DEFAULT_PROXY_OPTIONS, type ProxyOptions } from './proxy-options.ts';

export interface ProxyServerParts extends ProxyParts {
  readonly options?: Partial<ProxyOptions>;
}

export interface ListenOptions {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  /** Several processes listen on the same port and share its connections. */
  readonly reusePort?: boolean;
}

/** After drain began, idle clients get this long to send a request that was already on its way. */
const IDLE_GRACE_MS = 500;
const POLL_MS = 20;
/** For the last bytes and close frames to get out. */
const FAREWELL_MS = 500;
const BACKLOG = 4096;

/** The data plane: accepts clients and passes their requests on to endpoints. */
export class ProxyServer {
  readonly #context: ProxyContext;
  readonly #server: Server;

  constructor(parts: ProxyServerParts) {
    const options = { ...DEFAULT_PROXY_OPTIONS, ...parts.options };
    this.#context = new ProxyContext(parts, options);
    // TCP keep-alive finds the clients of WebSockets that vanished without a word.
    const socketOptions = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 };
    this.#server = createServer({ allowHalfOpen: true, ...socketOptions }, socket =>
      this.#onClient(socket),
    );
    parts.table.listen?.({ endpointGone: closeIdleConnections });
  }

  get counters(): ProxyCounters {
    return this.#context.counters;
  }

  /** @returns the port. Rejects with the system's error when it cannot be had. */
  listen(options: ListenOptions): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#server.once('error', reject);
    this.#server.listen({ ...options, backlog: BACKLOG }, () => {
      this.#server.off('error', reject);
      this.#server.on('error', error => {
        this.#context.log.error({ err: error }, 'listener failed');
      });
      const address = this.#server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
    return promise;
  }

  /**
   * Takes no new connection, lets running requests finish (their answers say `Connection: close`),
   * then closes idle connections. At the deadline WebSockets get close code 1001 and everything
   * that is left is cut.
   */
  async drain(timeoutMs: number): Promise<void> {
    const { clients } = this.#context;
    this.#context.isDraining = true;
    closeListener(this.#server);
    const endMs = performance.now() + timeoutMs;
    await delay(Math.min(IDLE_GRACE_MS, timeoutMs));
    await poll(() => this.#closeIdleClients(), {
      intervalMs: POLL_MS,
      timeoutMs: Math.max(0, endMs - performance.now()),
    });
    for (const client of clients) client.tunnel?.leave();
    await poll(() => (clients.size === 0 ? true : undefined), {
      intervalMs: POLL_MS,
      timeoutMs: FAREWELL_MS,
    });
    this.close();
  }

  /** Cuts everything at once. */
  close(): void {
    this.#context.isDraining = true;
    this.#server.close();
    for (const client of this.#context.clients) client.destroy();
  }

  #onClient(socket: Socket): void {
    // A client that is gone before we look has no address.
    if (socket.remoteAddress === undefined) socket.destroy();
    else new ClientConnection(this.#context, socket);
  }

  #closeIdleClients(): true | undefined {
    const { clients } = this.#context;
    for (const client of clients) if (client.isIdle) client.closeSoon();
    return clients.size === 0 ? true : undefined;
  }
}

function closeIdleConnections(endpoint: Endpoint): void {
  if (endpoint.connections instanceof EndpointConnections) endpoint.connections.closeIdle();
}
