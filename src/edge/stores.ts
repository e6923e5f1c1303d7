import { setTimeout as delay } from 'node:timers/promises';
import type { Bus } from '../bus/bus.ts';
import { KvBucket } from '../bus/kv-bucket.ts';
import { reasonOf } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import {
  EDGE_KV,
  EDGE_LEASE_MS,
  type EdgeLease,
  edgeLeaseSchema,
  type FloatingIp,
  floatingIpSchema,
} from '../proto/edge.ts';

export interface EdgeStores {
  readonly floatingIps: KvBucket<FloatingIp>;
  readonly edges: KvBucket<EdgeLease>;
}

const RETRY_MS = 1_000;

/**
 * Opens the buckets, however long it takes until NATS is there and the controller has made them: an
 * edge may be allowed to use them only. @throws the signal's reason
 */
export async function openStores(
  bus: Bus,
  { log, signal }: { readonly log: Log; readonly signal: AbortSignal },
): Promise<EdgeStores> {
  for (;;) {
    signal.throwIfAborted();
    try {
      const [floatingIps, edges] = await Promise.all([
        KvBucket.open(bus, {
          name: EDGE_KV.floatingIps,
          decode: json => floatingIpSchema.parse(json),
        }),
        KvBucket.open(bus, {
          name: EDGE_KV.edges,
          decode: json => edgeLeaseSchema.parse(json),
          ttlMs: EDGE_LEASE_MS,
        }),
      ]);
      return { floatingIps, edges };
    } catch (thrown) {
      log.warn({ reason: reasonOf(thrown) }, 'the edge waits for its buckets in NATS');
      await delay(RETRY_MS, undefined, { signal });
    }
  }
}
