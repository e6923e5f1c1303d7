import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { Bus } from '../../src/bus/bus.ts';
import { KvBucket } from '../../src/bus/kv-bucket.ts';
import { DeaRegistry } from '../../src/controller/store/dea-registry.ts';
import { silentLog } from '../../src/core/log.ts';
import { DEA_FORGET_MS, DEA_LEASE_MS, DEA_RENEW_MS, KV } from '../../src/proto/buckets.ts';
import {
  type DeaAdvertisement,
  deaAdvertisementSchema,
} from '../../src/proto/dea-advertisement.ts';
import { eventually } from '../kit/eventually.ts';
import { type NatsServer, startNatsServer } from '../kit/nats-server.ts';

/** Real NATS, a clock that the test moves. */
describe('DeaRegistry', () => {
  let nats: NatsServer;
  let bus: Bus;
  let bucket: KvBucket<DeaAdvertisement>;
  let nowMs = 0;
  let changes = 0;
  let deas: DeaRegistry;
  let stop: AbortController;

  before(async () => {
    nats = await startNatsServer();
    bus = await Bus.connect({ servers: [nats.url], name: 'test', log: silentLog });
    const decode = (json: unknown) => deaAdvertisementSchema.parse(json);
    bucket = await KvBucket.open(bus, { name: KV.deas, decode, ttlMs: DEA_FORGET_MS });
  });
  after(async () => {
    stop.abort();
    await bus.close();
    await nats.stop();
  });

  beforeEach(async () => {
    stop?.abort();
    for (const key of await bucket.keys()) await bucket.delete(key);
    stop = new AbortController();
    nowMs = 1_000_000;
    changes = 0;
    const clock = { now: () => nowMs };
    const onChange = () => void changes++;
    deas = await DeaRegistry.open(bus, { clock, log: silentLog, signal: stop.signal, onChange });
    await renew('a', 'b', 'c');
    await pass(DEA_LEASE_MS + DEA_RENEW_MS, 'a', 'b', 'c'); // the time that everybody gets at the start
  });

  async function renew(...ids: string[]): Promise<void> {
    for (const id of ids) {
      await bucket.put(id, {
        ...{ id, address: '10.0.0.1', memoryMib: 1, diskMib: 1 },
        ...{ buildpacks: [], startedMs: 0, version: '1' },
      });
      await eventually(() => deas.seenMs(id) === nowMs);
    }
  }

  /** Time passes while these renew their lease. */
  async function pass(ms: number, ...renewing: string[]): Promise<void> {
    for (let passed = 0; passed < ms; passed += DEA_RENEW_MS) {
      nowMs += DEA_RENEW_MS;
      await renew(...renewing);
    }
  }

  const gone = () => ['a', 'b', 'c'].filter(id => deas.isGone(id));

  test('one that is silent for a lease is gone, and it is told although nobody wrote', async () => {
    await pass(DEA_LEASE_MS - DEA_RENEW_MS, 'a', 'c');
    assert.deepEqual(gone(), []);
    changes = 0;
    await pass(DEA_RENEW_MS, 'a', 'c');
    await pass(DEA_RENEW_MS, 'a', 'c');
    assert.deepEqual(gone(), ['b']);
    await eventually(() => changes > 0);
    await renew('b');
    assert.deepEqual(gone(), []);
  });

  test('when all are silent we are cut off: none is gone, whatever the order of their last words', async () => {
    nowMs += 1_000;
    await renew('b');
    nowMs += DEA_RENEW_MS - 1_001;
    await renew('c');
    for (let passed = 0; passed < 60_000; passed += 500) {
      nowMs += 500;
      assert.deepEqual(gone(), [], `after ${passed} ms`);
    }
    assert.ok(deas.isSilent('a'));
  });

  test('after a cut the first that is heard again does not get what the others run', async () => {
    nowMs += 60_000;
    await renew('c');
    assert.deepEqual(gone(), []);
    await pass(20_000, 'c');
    assert.deepEqual(gone(), [], 'the others may take longer');
    await renew('b');
    await pass(15_000, 'b', 'c');
    assert.deepEqual(gone(), ['a'], 'but not for ever');
  });
});
