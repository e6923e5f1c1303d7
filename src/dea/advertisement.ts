import type { KvBucket } from '../bus/kv-bucket.ts';
import { reasonOf } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { DEA_RENEW_MS } from '../proto/buckets.ts';
import type { DeaAdvertisement } from '../proto/dea-advertisement.ts';

/** Keeps this DEA's lease alive. It runs out by itself, so that a short absence goes unnoticed. */
export function advertise(
  bucket: Pick<KvBucket<DeaAdvertisement>, 'put'>,
  advertisement: DeaAdvertisement,
  log: Log,
): { stop(): void } {
  const renew = (): void => {
    bucket.put(advertisement.id, advertisement).catch(thrown => {
      log.warn({ reason: reasonOf(thrown) }, 'the lease of this DEA cannot be renewed');
    });
  };
  renew();
  const timer = setInterval(renew, DEA_RENEW_MS).unref();
  return { stop: () => clearInterval(timer) };
}
