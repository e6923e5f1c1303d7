import type { Bus } from '../bus/bus.ts';
import type { Cidr, Ipv4, Port } from '../core/address.ts';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';

export interface EdgeOptions {
  readonly bus: Bus;
  /** Names this edge on the bus, for ever. Letters, digits, `-` and `_`. */
  readonly edgeId: string;
  /** Keeps `edge-state.json`. */
  readonly stateDir: string;
  /** The platform's own domain first. */
  readonly domains: readonly [string, ...string[]];
  readonly dns: EdgeDnsOptions;
  /** Without it the edge is a name server only. */
  readonly floating?: FloatingOptions;
  readonly log: Log;
  readonly clock?: Clock;
  /** Ends a start that still waits for NATS or for the controller. */
  readonly signal?: AbortSignal;
}

export interface EdgeDnsOptions {
  /** Addresses of this machine to answer on. */
  readonly addresses: readonly Ipv4[];
  /** Default 53. */
  readonly port?: number;
  /** How the zones name this server. Default: `ns.<domain>` with {@link addresses}. */
  readonly nameServer?: { readonly name?: string; readonly addresses?: readonly Ipv4[] };
  /** How long clients may remember where a router is. Default 5. */
  readonly ttlSeconds?: number;
}

export interface FloatingOptions {
  /** External addresses that are this edge's alone. */
  readonly pool: readonly Cidr[];
  /** This machine's own address on the network where the pool is reached. */
  readonly outsideAddress: Ipv4;
  /** Its address on the network of the routers: their default gateway. */
  readonly insideAddress: Ipv4;
  /** Networks behind the edge. Default: the one of {@link insideAddress}. */
  readonly insideNetworks?: readonly Cidr[];
  /** TCP ports that are let through, the same at the router. Default 80 and 443. */
  readonly ports?: readonly Port[];
}
