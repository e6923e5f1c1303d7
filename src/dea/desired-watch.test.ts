import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KvWatchHandlers } from '../bus/kv-bucket.ts';
import { silentLog } from '../core/log.ts';
import { type Desired, decodeDesired } from '../proto/bucket-values.ts';
import { DesiredWatch } from './desired-watch.ts';
import { desiredInstance } from './fakes/desired.ts';

class FakeBucket {
  failures = 0;
  handlers: KvWatchHandlers<Desired> | undefined;
  readonly #entries: readonly [string, unknown][];

  constructor(entries: readonly [string, unknown][]) {
    this.#entries = entries;
  }

  async watch(_filter: string, handlers: KvWatchHandlers<Desired>): Promise<void> {
    if (this.failures-- > 0) throw new Error('away');
    this.handlers = handlers;
    for (const [key, value] of this.#entries) this.change(key, value);
  }

  change(key: string, value: unknown): void {
    try {
      const decoded = value === undefined ? undefined : decodeDesired(value);
      this.handlers?.onChange({ key, value: decoded, revision: 1 });
    } catch (thrown) {
      this.handlers?.onInvalid?.(key, String(thrown));
    }
  }
}

const one = desiredInstance();
const key = (guid: string): string => `dea-1.instance.${guid}`;
const { signal } = new AbortController();

test('DesiredWatch: a snapshot first, then changes', async () => {
  const bucket = new FakeBucket([[key(one.guid), one]]);
  bucket.failures = 1;
  const watch = new DesiredWatch('dea-1', silentLog);
  const { instances } = await watch.begin(bucket, signal);
  assert.deepEqual([...instances.values()], [one]);
  const told: string[] = [];
  watch.handOver({
    onInstance: (guid, desired) => told.push(`${guid} ${desired?.uris}`),
    onStaging: () => told.push('staging'),
  });
  bucket.change(key(one.guid), { ...one, uris: ['b.x'] });
  bucket.change(key(one.guid), undefined);
  assert.deepEqual(told, [`${one.guid} b.x`, `${one.guid} undefined`]);
});

test('DesiredWatch: an entry that cannot be read is no reason to stop what runs', async () => {
  const broken = desiredInstance();
  const bucket = new FakeBucket([
    [key(broken.guid), { guid: broken.guid }],
    [key(one.guid), broken],
    ['dea-1.other.x', broken],
  ]);
  const watch = new DesiredWatch('dea-1', silentLog);
  const { instances, unreadable } = await watch.begin(bucket, signal);
  assert.equal(instances.size, 0);
  assert.deepEqual([...unreadable], [broken.guid, one.guid]);
  const told: string[] = [];
  watch.handOver({ onInstance: guid => told.push(guid), onStaging: () => {} });
  bucket.change(key(broken.guid), { nonsense: true });
  assert.deepEqual(told, []);
});
