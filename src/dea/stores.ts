import type { Bus } from '../bus/bus.ts';
import { EventStream } from '../bus/event-stream.ts';
import { KvBucket } from '../bus/kv-bucket.ts';
import { ObjectBucket } from '../bus/object-bucket.ts';
import { type Actual, type Desired, decodeActual, decodeDesired } from '../proto/bucket-values.ts';
import { DEA_FORGET_MS, KV, OBJECTS } from '../proto/buckets.ts';
import { type DeaAdvertisement, deaAdvertisementSchema } from '../proto/dea-advertisement.ts';
import { LOG_STREAM } from '../proto/subjects.ts';

/** All that a DEA reads and writes in NATS. */
export interface Stores {
  readonly desired: KvBucket<Desired>;
  readonly actual: KvBucket<Actual>;
  readonly deas: KvBucket<DeaAdvertisement>;
  readonly packages: ObjectBucket;
  readonly droplets: ObjectBucket;
  readonly logs: EventStream;
}

/** Opens everything; creates what is missing. */
export async function openStores(bus: Bus): Promise<Stores> {
  const [desired, actual, deas, packages, droplets, logs] = await Promise.all([
    KvBucket.open(bus, { name: KV.desired, decode: decodeDesired }),
    KvBucket.open(bus, { name: KV.actual, decode: decodeActual }),
    KvBucket.open(bus, {
      name: KV.deas,
      decode: json => deaAdvertisementSchema.parse(json),
      ttlMs: DEA_FORGET_MS,
    }),
    ObjectBucket.open(bus, OBJECTS.packages),
    ObjectBucket.open(bus, OBJECTS.droplets),
    EventStream.open(bus, LOG_STREAM),
  ]);
  return { desired, actual, deas, packages, droplets, logs };
}

/** All reports of one DEA by key; `undefined` for one that cannot be read, which is written anew soon. */
export async function readActual(
  bucket: Pick<KvBucket<Actual>, 'keys' | 'get'>,
  deaId: string,
): Promise<Map<string, Actual | undefined>> {
  const keys = await bucket.keys(`${deaId}.>`);
  const values = await Promise.all(
    keys.map(key => bucket.get(key).catch(() => undefined)), // unreadable or gone meanwhile
  );
  return new Map(keys.map((key, index) => [key, values[index]?.value]));
}
