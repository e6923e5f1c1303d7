import type { Bus } from '../../bus/bus.ts';
import { KvBucket } from '../../bus/kv-bucket.ts';
import { EDGE_KV, type FloatingIp, floatingIpSchema } from '../../proto/edge.ts';
import { CachedBucket, type CachedBucketOptions } from './cached-bucket.ts';

/** The floating IPs that are allocated, by `floatingIpKey`. Makes the bucket too: an edge may only read it. */
export async function openFloatingIps(
  bus: Bus,
  options: CachedBucketOptions<FloatingIp>,
): Promise<CachedBucket<FloatingIp>> {
  const bucket = await KvBucket.open(bus, {
    name: EDGE_KV.floatingIps,
    decode: json => floatingIpSchema.parse(json),
  });
  return CachedBucket.open(bucket, options);
}
