import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KvBucket, KvWatchHandlers } from '../bus/kv-bucket.ts';
import { parseIpv4 } from '../core/address.ts';
import { silentLog } from '../core/log.ts';
import { type FloatingIp, floatingIpKey } from '../proto/edge.ts';
import { FloatingIpList } from './floating-ip-list.ts';

const [A, B] = ['203.0.113.1', '203.0.113.2'].map(text => ({
  address: parseIpv4(text),
  router: null,
  createdMs: 0,
})) as [FloatingIp, FloatingIp];

/** A bucket whose watch is complete when the test says so. */
function openWatch() {
  const complete = Promise.withResolvers<void>();
  const started = Promise.withResolvers<KvWatchHandlers<FloatingIp>>();
  const watch: KvBucket<FloatingIp>['watch'] = (_filter, handlers) => {
    started.resolve(handlers);
    return complete.promise;
  };
  const put = async (value: FloatingIp) =>
    (await started.promise).onChange({ key: floatingIpKey(value.address), value, revision: 1 });
  return { bucket: { watch } as KvBucket<FloatingIp>, complete: complete.resolve, put };
}

test('goes by memory until the bucket is read to its end; then what was not in it is gone', async () => {
  const list = new FloatingIpList([A]);
  assert.ok(list.isKnown);
  const { bucket, complete, put } = openWatch();
  let changes = 0;
  const signal = new AbortController().signal;
  const onChange = () => void changes++;
  const following = list.follow(bucket, { log: silentLog, signal, onChange });
  await put(B);
  assert.deepEqual(list.addresses(), [A.address, B.address]);
  complete();
  await following;
  assert.deepEqual(list.addresses(), [B.address]);
  assert.equal(changes, 0, 'what was there before is no news');
  await put(A);
  assert.equal(changes, 1);
});

test('without memory nothing is known before the end', async () => {
  const list = new FloatingIpList(undefined);
  const { bucket, complete, put } = openWatch();
  const signal = new AbortController().signal;
  const following = list.follow(bucket, { log: silentLog, signal, onChange() {} });
  await put(A);
  assert.ok(!list.isKnown);
  complete();
  await following;
  assert.ok(list.isKnown);
});
