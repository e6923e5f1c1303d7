import { isIP } from 'node:net';
import { systemClock } from '../../core/clock.ts';
import { SprueError } from '../../core/errors.ts';
import type { DnsCounters } from './counters.ts';
import { listenError } from './listen-error.ts';
import { RateLimit, type RateLimitOptions } from './rate-limit.ts';
import { Responder } from './responder.ts';
import { type TcpLimits, TcpListener } from './tcp-listener.ts';
import { UdpListener } from './udp-listener.ts';
import type { Zone } from './zone.ts';

export interface DnsServerOptions {
  /** Addresses of this machine, IPv4 or IPv6; never the wildcard. */
  readonly addresses: readonly string[];
  /** The same port for UDP and TCP. Default 53; 0 = any that is free, for each address its own. */
  readonly port?: number;
  readonly zones?: readonly Zone[];
  readonly rateLimit?: RateLimitOptions;
  /** Default: 10 s idle, 200 connections, 50 per client network. For each address. */
  readonly tcp?: Partial<TcpLimits>;
}

export interface DnsEndpoint {
  readonly address: string;
  readonly port: number;
}

const DNS_PORT = 53;
const TCP_LIMITS: TcpLimits = {
  idleTimeoutMs: 10_000,
  maxConnections: 200,
  maxConnectionsPerClient: 50,
};

/**
 * Authoritative DNS over UDP and TCP for a few zones. It never asks other servers and refuses what is
 * not in its zones.
 */
export class DnsServer implements AsyncDisposable {
  /** Where it answers. */
  readonly endpoints: readonly DnsEndpoint[];
  readonly #responder: Responder;
  readonly #sockets: AsyncDisposableStack;

  private constructor(
    endpoints: readonly DnsEndpoint[],
    responder: Responder,
    sockets: AsyncDisposableStack,
  ) {
    this.endpoints = endpoints;
    this.#responder = responder;
    this.#sockets = sockets;
  }

  /**
   * Serves on all addresses, or on none when one of them fails.
   * @throws SprueError `DNS_ADDRESS_UNSPECIFIC`, `DNS_PORT_TAKEN`, `DNS_PORT_FORBIDDEN`,
   *   `ADDRESS_NOT_LOCAL`, `INVALID_ADDRESS`, `LISTEN_FAILED`
   */
  static async listen(options: DnsServerOptions): Promise<DnsServer> {
    options.addresses.forEach(checkAddress);
    const responder = new Responder(new RateLimit(systemClock, options.rateLimit));
    responder.setZones(options.zones ?? []);
    const limits = { ...TCP_LIMITS, ...options.tcp };
    await using sockets = new AsyncDisposableStack();
    const endpoints: DnsEndpoint[] = [];
    for (const address of options.addresses) {
      const wanted = { address, port: options.port ?? DNS_PORT };
      endpoints.push(await openPair(wanted, responder, limits, sockets));
    }
    return new DnsServer(endpoints, responder, sockets.move());
  }

  get counters(): Readonly<DnsCounters> {
    return this.#responder.counters;
  }

  /** Replaces all zones at once. */
  setZones(zones: readonly Zone[]): void {
    this.#responder.setZones(zones);
  }

  /** Closes all sockets and connections at once: resolvers ask another server, or again. */
  async close(): Promise<void> {
    await this.#sockets.disposeAsync();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/**
 * A UDP socket sends from the address that the route gives it, not from the one it was asked on,
 * unless it is bound to one; and the wildcard collides with resolvers on loopback addresses.
 */
function checkAddress(address: string): void {
  if (isIP(address) === 0) {
    throw new SprueError('INVALID_ADDRESS', { expected: 'an IP address', received: address });
  }
  if (/^[0.:]+$/.test(address)) throw new SprueError('DNS_ADDRESS_UNSPECIFIC', { address });
}

/** How often a free port is looked for that UDP and TCP both have. */
const PAIR_ATTEMPTS = 10;

/** Opens UDP and TCP on the same port and hands both to `sockets`. */
async function openPair(
  wanted: DnsEndpoint,
  responder: Responder,
  limits: TcpLimits,
  sockets: AsyncDisposableStack,
): Promise<DnsEndpoint> {
  for (let attempt = 1; ; attempt++) {
    await using pair = new AsyncDisposableStack();
    const udp = pair.use(
      await UdpListener.bind(wanted, responder).catch(refused({ ...wanted, transport: 'UDP' })),
    );
    const endpoint = { address: wanted.address, port: udp.port };
    try {
      pair.use(await TcpListener.listen(endpoint, responder, limits));
    } catch (thrown) {
      if (wanted.port === 0 && attempt < PAIR_ATTEMPTS) continue;
      throw listenError(thrown, { ...endpoint, transport: 'TCP' });
    }
    sockets.use(pair.move());
    return endpoint;
  }
}

function refused(socket: Parameters<typeof listenError>[1]): (thrown: unknown) => never {
  return thrown => {
    throw listenError(thrown, socket);
  };
}
