import type { Bus } from '../../bus/bus.ts';
import { KvBucket } from '../../bus/kv-bucket.ts';
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../core/log.ts';
import { EDGE_KV, EDGE_LEASE_MS, type EdgeLease, edgeLeaseSchema } from '../../proto/edge.ts';

export interface EdgeRegistryOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/**
 * The edges, as they describe themselves. JetStream drops expired leases without telling anybody, so
 * the time of the last renewal decides, not the entry's existence.
 */
export class EdgeRegistry {
  readonly #clock: Clock;
  readonly #leases = new Map<string, { readonly lease: EdgeLease; readonly seenMs: number }>();

  private constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Makes the bucket too: an edge may only use it. */
  static async open(bus: Bus, { clock, log, signal }: EdgeRegistryOptions): Promise<EdgeRegistry> {
    const registry = new EdgeRegistry(clock);
    const bucket = await KvBucket.open(bus, {
      name: EDGE_KV.edges,
      decode: json => edgeLeaseSchema.parse(json),
      ttlMs: EDGE_LEASE_MS,
    });
    await bucket.watch(
      '>',
      {
        onChange({ key, value }) {
          if (value === undefined) registry.#leases.delete(key);
          else registry.#leases.set(key, { lease: value, seenMs: clock.now() });
        },
        onInvalid: (key, reason) => log.warn({ key, reason }, 'lease of an edge cannot be read'),
      },
      signal,
    );
    return registry;
  }

  /** Edges whose lease is good, in the order of their ids. */
  live(): EdgeLease[] {
    const oldestMs = this.#clock.now() - EDGE_LEASE_MS;
    return [...this.#leases.values()]
      .filter(({ seenMs }) => seenMs > oldestMs)
      .map(({ lease }) => lease)
      .toSorted((left, right) => (left.id < right.id ? -1 : 1));
  }
}
