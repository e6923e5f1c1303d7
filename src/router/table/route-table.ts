import { Endpoint, endpointKey, type Lease } from './endpoint.ts';
import type { EndpointPool } from './endpoint-pool.ts';
import type { RegistryMessage } from './registry-message.ts';
import { RouteIndex } from './route-index.ts';
import { parseRouteUri } from './route-uri.ts';

export interface RouteTableOptions {
  /** An endpoint that was not registered again for this long is pruned. Default 120 000. */
  readonly staleThresholdMs?: number;
  /**
   * How long a route without endpoints is remembered, so that it answers 503 instead of 404.
   * 0 = it goes with its last endpoint. Default 120 000.
   */
  readonly emptyPoolTimeoutMs?: number;
}

/** Called during the change; must not change the table. */
export interface RouteTableListener {
  endpointAdded?(uri: string, endpoint: Endpoint): void;
  endpointRemoved?(uri: string, endpoint: Endpoint, reason: RemovalReason): void;
  /** No route leads to the endpoint any more; it never comes back. */
  endpointGone?(endpoint: Endpoint): void;
}

export type RemovalReason = 'unregistered' | 'replaced' | 'stale' | 'cleared';

/** Which endpoints serve which route. Pure: no clock, no timers, no I/O. */
export class RouteTable {
  readonly staleThresholdMs: number;
  readonly emptyPoolTimeoutMs: number;
  readonly #listeners: RouteTableListener[] = [];
  readonly #index = new RouteIndex();
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #emptyPools = new Set<EndpointPool>();
  #lastChangeMs = 0;
  /** No lease is older than this, whatever it says: set after an outage of NATS. */
  #freshSinceMs = 0;
  #pruning: Iterator<Endpoint> | undefined = undefined;

  constructor(options: RouteTableOptions = {}) {
    this.staleThresholdMs = options.staleThresholdMs ?? 120_000;
    this.emptyPoolTimeoutMs = options.emptyPoolTimeoutMs ?? 120_000;
  }

  /** Routes, empty ones included. */
  get uriCount(): number {
    return this.#index.size;
  }

  get endpointCount(): number {
    return this.#endpoints.size;
  }

  /** When a register or unregister last had an effect; 0 = never. */
  get lastChangeMs(): number {
    return this.#lastChangeMs;
  }

  listen(listener: RouteTableListener): void {
    this.#listeners.push(listener);
  }

  /**
   * The pool for a request, possibly empty (503); `undefined` = unknown route (404).
   * Exact host first, then the nearest wildcard; within a host the longest path.
   * @param host as in the Host header: any case, with or without port.
   * @param target request target in origin form; a query is ignored.
   */
  lookup(host: string, target: string): EndpointPool | undefined {
    return this.#index.lookup(host, target);
  }

  /**
   * Adds or refreshes one endpoint for all routes of the message. A new instance on a known address
   * takes it over: the old instance loses all its routes.
   * @returns whether anything but ages changed.
   */
  register(message: RegistryMessage, nowMs: number): boolean {
    const key = endpointKey(message.host, message.port);
    let endpoint = this.#endpoints.get(key);
    let changed = false;
    if (endpoint === undefined) {
      endpoint = new Endpoint(key, message);
      this.#endpoints.set(key, endpoint);
    } else if (!endpoint.isTenant(message.instanceId)) {
      this.#evict(endpoint, 'replaced', nowMs);
      changed = true;
      endpoint = new Endpoint(key, message);
      this.#endpoints.set(key, endpoint);
    } else if (!endpoint.keepsConnections(message)) {
      endpoint = this.#succeed(endpoint, message);
      changed = true;
    } else {
      changed = endpoint.describe(message);
    }
    const { uris } = message;
    for (let index = 0; index < uris.length; index++) {
      if (this.#lease(endpoint, uris[index] as string, index, message, nowMs)) changed = true;
    }
    if (endpoint.leases.length === 0) this.#forget(endpoint);
    if (changed) this.#lastChangeMs = nowMs;
    return changed;
  }

  /**
   * Takes the endpoint away from the routes of the message. An unregister for another instance than
   * the one that lives at the address now has no effect: it came late.
   * @returns whether anything changed.
   */
  unregister(message: RegistryMessage, nowMs: number): boolean {
    const endpoint = this.#endpoints.get(endpointKey(message.host, message.port));
    if (endpoint === undefined || !endpoint.isTenant(message.instanceId)) return false;
    const before = endpoint.leases.length;
    for (const text of message.uris) {
      const route = parseRouteUri(text);
      const index = endpoint.leases.findIndex(lease => lease.pool.uri === route?.uri);
      if (index < 0) continue;
      const { pool } = endpoint.leases[index] as Lease;
      this.#release(endpoint, index, 'unregistered', nowMs);
      if (message.routeDeleted && pool.size === 0) this.#dropEmpty(pool);
    }
    if (endpoint.leases.length === before) return false;
    if (endpoint.leases.length === 0) this.#forget(endpoint);
    this.#lastChangeMs = nowMs;
    return true;
  }

  /** Gives every lease its full time again: registrations could not arrive until now. */
  renewAll(nowMs: number): void {
    this.#freshSinceMs = nowMs;
  }

  /**
   * Removes stale leases of plaintext endpoints, and routes that were empty for too long. Looks at
   * `limit` endpoints at most, going on where the last call stopped.
   * @returns whether the round is complete.
   */
  prune(nowMs: number, limit = Number.POSITIVE_INFINITY): boolean {
    this.#pruning ??= this.#endpoints.values();
    for (let count = 0; count < limit; count++) {
      const next = this.#pruning.next();
      if (next.done === true) {
        this.#pruning = undefined;
        this.#pruneEmptyPools(nowMs);
        return true;
      }
      if (!next.value.tls) this.#pruneEndpoint(next.value, nowMs);
    }
    return false;
  }

  /** Forgets every endpoint: the end of the router. */
  clear(nowMs: number): void {
    for (const endpoint of this.#endpoints.values()) this.#evict(endpoint, 'cleared', nowMs);
  }

  /** All routes, for the status server. */
  pools(): Iterable<EndpointPool> {
    return this.#index.pools();
  }

  #pruneEndpoint(endpoint: Endpoint, nowMs: number): void {
    for (let index = endpoint.leases.length - 1; index >= 0; index--) {
      const lease = endpoint.leases[index] as Lease;
      const updatedMs = Math.max(lease.updatedMs, this.#freshSinceMs);
      if (nowMs - updatedMs > lease.ttlMs) this.#release(endpoint, index, 'stale', nowMs);
    }
    if (endpoint.leases.length === 0) this.#forget(endpoint);
  }

  #pruneEmptyPools(nowMs: number): void {
    for (const pool of this.#emptyPools) {
      if (nowMs - pool.emptySinceMs < this.emptyPoolTimeoutMs) continue;
      this.#emptyPools.delete(pool);
      this.#index.delete(pool);
    }
  }

  /** @returns whether the lease is new or leads somewhere else than before. */
  #lease(
    endpoint: Endpoint,
    uri: string,
    position: number,
    message: RegistryMessage,
    nowMs: number,
  ): boolean {
    const lease = this.#findLease(endpoint, uri, position);
    if (lease === undefined) return this.#grant(endpoint, uri, message, nowMs);
    lease.updatedMs = nowMs;
    lease.ttlMs = this.#ttlMs(message);
    if (lease.routeServiceUrl === message.routeServiceUrl) return false;
    lease.routeServiceUrl = message.routeServiceUrl;
    return true;
  }

  /** Senders repeat their messages word by word, so the same place is the first to look. */
  #findLease(endpoint: Endpoint, uri: string, position: number): Lease | undefined {
    const { leases } = endpoint;
    if (position < leases.length && leases[position]?.uri === uri) return leases[position];
    for (const lease of leases) if (lease.uri === uri) return lease;
    return undefined;
  }

  #grant(endpoint: Endpoint, text: string, message: RegistryMessage, nowMs: number): boolean {
    const route = parseRouteUri(text);
    if (route === undefined) return false;
    const pool = this.#index.pool(route);
    const known = endpoint.leases.find(lease => lease.pool === pool);
    if (known !== undefined) {
      known.uri = text;
      known.updatedMs = nowMs;
      known.ttlMs = this.#ttlMs(message);
      known.routeServiceUrl = message.routeServiceUrl;
      return false;
    }
    endpoint.leases.push({
      pool,
      uri: text,
      updatedMs: nowMs,
      ttlMs: this.#ttlMs(message),
      routeServiceUrl: message.routeServiceUrl,
    });
    pool.add(endpoint);
    pool.emptySinceMs = 0;
    this.#emptyPools.delete(pool);
    for (const listener of this.#listeners) listener.endpointAdded?.(pool.uri, endpoint);
    return true;
  }

  #ttlMs(message: RegistryMessage): number {
    const { staleThresholdMs } = message;
    return staleThresholdMs > 0 && staleThresholdMs < this.staleThresholdMs
      ? staleThresholdMs
      : this.staleThresholdMs;
  }

  #release(endpoint: Endpoint, index: number, reason: RemovalReason, nowMs: number): void {
    const { pool } = endpoint.leases[index] as Lease;
    endpoint.leases.splice(index, 1);
    pool.remove(endpoint);
    if (pool.size === 0) this.#keepEmpty(pool, nowMs);
    for (const listener of this.#listeners) {
      listener.endpointRemoved?.(pool.uri, endpoint, reason);
    }
  }

  #dropEmpty(pool: EndpointPool): void {
    this.#emptyPools.delete(pool);
    this.#index.delete(pool);
  }

  #keepEmpty(pool: EndpointPool, nowMs: number): void {
    if (this.emptyPoolTimeoutMs === 0) return this.#index.delete(pool);
    pool.emptySinceMs = nowMs;
    this.#emptyPools.add(pool);
  }

  /** Takes everything from an endpoint. */
  #evict(endpoint: Endpoint, reason: RemovalReason, nowMs: number): void {
    for (let index = endpoint.leases.length - 1; index >= 0; index--) {
      this.#release(endpoint, index, reason, nowMs);
    }
    this.#forget(endpoint);
  }

  /** The same instance must be dialled in another way from now on: a new object takes its routes. */
  #succeed(old: Endpoint, message: RegistryMessage): Endpoint {
    const endpoint = new Endpoint(old.key, message);
    endpoint.leases = old.leases;
    old.leases = [];
    for (const lease of endpoint.leases) lease.pool.replace(old, endpoint);
    this.#forget(old);
    this.#endpoints.set(endpoint.key, endpoint);
    return endpoint;
  }

  #forget(endpoint: Endpoint): void {
    this.#endpoints.delete(endpoint.key);
    endpoint.gone = true;
    for (const listener of this.#listeners) listener.endpointGone?.(endpoint);
  }
}
