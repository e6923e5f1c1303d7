import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Bus } from '../../src/bus/bus.ts';
import { KvBucket, type KvBucketOptions, type KvChange } from '../../src/bus/kv-bucket.ts';
import { silentLog } from '../../src/core/log.ts';
import { eventually } from '../kit/eventually.ts';
import { type NatsServer, startNatsServer } from '../kit/nats-server.ts';

let server: NatsServer;
let bus: Bus;
let buckets = 0;

before(async () => {
  server = await startNatsServer();
  bus = await connect();
});
after(async () => {
  await bus.close();
  await server.stop();
});

function connect(): Promise<Bus> {
  return Bus.connect({ servers: [server.url], name: 'test', log: silentLog });
}

function decodeNumber(json: unknown): number {
  if (typeof json !== 'number') throw new TypeError('not a number');
  return json;
}

function openBucket(options: Partial<KvBucketOptions<number>> = {}): Promise<KvBucket<number>> {
  return KvBucket.open(bus, { name: `b${++buckets}`, decode: decodeNumber, ...options });
}

interface Watching {
  readonly seen: string[];
  readonly invalid: string[];
  readonly abort: AbortController;
  readonly current: Promise<void>;
}

function watch(bucket: KvBucket<number>, filter = '>'): Watching {
  const seen: string[] = [];
  const invalid: string[] = [];
  const abort = new AbortController();
  const onChange = ({ key, value }: KvChange<number>) => seen.push(`${key}=${value ?? 'gone'}`);
  const onInvalid = (key: string) => invalid.push(key);
  return {
    seen,
    invalid,
    abort,
    current: bucket.watch(filter, { onChange, onInvalid }, abort.signal),
  };
}

describe('KvBucket', () => {
  test('create, get, update and delete go by revision', async () => {
    const bucket = await openBucket();
    assert.equal(await bucket.get('a.b'), undefined);
    const revision = await bucket.create('a.b', 1);
    assert.deepEqual(await bucket.get('a.b'), { key: 'a.b', value: 1, revision });
    await assert.rejects(bucket.create('a.b', 2), { code: 'REVISION_CONFLICT' });
    const next = await bucket.update('a.b', 2, revision);
    await assert.rejects(bucket.update('a.b', 3, revision), { code: 'REVISION_CONFLICT' });
    await assert.rejects(bucket.delete('a.b', revision), { code: 'REVISION_CONFLICT' });
    await bucket.delete('a.b', next);
    assert.equal(await bucket.get('a.b'), undefined);
    await bucket.create('a.b', 4);
    assert.equal((await bucket.get('a.b'))?.value, 4);
  });

  test('deleting what is not there is success', async () => {
    const bucket = await openBucket();
    await bucket.delete('none');
    assert.equal(await bucket.get('none'), undefined);
  });

  test('opening twice keeps what is there', async () => {
    const bucket = await openBucket();
    await bucket.put('a', 1);
    const again = await KvBucket.open(bus, { name: bucket.name, decode: decodeNumber });
    assert.equal((await again.get('a'))?.value, 1);
  });

  test('keys lists what matches, without what was deleted', async () => {
    const bucket = await openBucket();
    assert.deepEqual(await bucket.keys(), []);
    for (const key of ['x.1', 'x.2', 'y.1']) await bucket.put(key, 0);
    await bucket.delete('x.2');
    assert.deepEqual((await bucket.keys()).sort(), ['x.1', 'y.1']);
    assert.deepEqual(await bucket.keys('x.>'), ['x.1']);
    assert.deepEqual(await bucket.keys('z.>'), []);
  });

  test('modify loses no change of many writers', async () => {
    const bucket = await openBucket();
    const increment = () => bucket.modify('n', value => (value ?? 0) + 1);
    await Promise.all(Array.from({ length: 20 }, increment));
    assert.equal((await bucket.get('n'))?.value, 20);
    assert.equal(await bucket.modify('n', () => undefined), 20);
  });

  test('an entry that nobody renews disappears', async () => {
    const bucket = await openBucket({ ttlMs: 400 });
    await bucket.put('lease', 1);
    await delay(250);
    await bucket.put('lease', 2);
    await delay(250);
    assert.equal((await bucket.get('lease'))?.value, 2, 'renewed');
    await eventually(async () => (await bucket.get('lease')) === undefined);
  });
});

describe('KvBucket.watch', () => {
  test('hands over what is there, resolves, then follows', async () => {
    const bucket = await openBucket();
    for (let index = 0; index < 300; index++) await bucket.put(`a.${index}`, index);
    await bucket.put('other', 1);
    const { seen, abort, current } = watch(bucket, 'a.>');
    await current;
    assert.equal(seen.length, 300);
    await bucket.put('a.0', 7);
    await bucket.put('other', 2);
    await bucket.delete('a.1');
    await eventually(() => seen.length === 302);
    assert.deepEqual(seen.slice(300), ['a.0=7', 'a.1=gone']);
    abort.abort();
    await bucket.put('a.0', 8);
    await delay(100);
    assert.equal(seen.length, 302, 'nothing after the end');
  });

  test('resolves at once when the filter matches nothing, whatever else is there', async () => {
    const bucket = await openBucket();
    await bucket.put('other', 1);
    const { seen, abort, current } = watch(bucket, 'a.>');
    await current;
    await bucket.put('a.1', 1);
    await eventually(() => seen.length === 1);
    abort.abort();
  });

  test('an aborted signal ends it before it began', async () => {
    const bucket = await openBucket();
    await bucket.put('a', 1);
    const seen: string[] = [];
    const handlers = { onChange: ({ key }: KvChange<number>) => void seen.push(key) };
    await bucket.watch('>', handlers, AbortSignal.abort());
    await delay(50);
    assert.deepEqual(seen, []);
  });

  test('names entries that cannot be read, and goes on', async () => {
    const bucket = await openBucket();
    const raw = await KvBucket.open(bus, { name: bucket.name, decode: String });
    await raw.put('bad', 'x');
    const { seen, invalid, abort, current } = watch(bucket);
    await current;
    await bucket.put('good', 1);
    await eventually(() => seen.length === 1);
    assert.deepEqual(invalid, ['bad']);
    abort.abort();
  });

  test('after an outage tells what changed meanwhile, once, and soon', async () => {
    const bucket = await openBucket();
    await bucket.put('kept', 1);
    await bucket.put('removed', 1);
    const { seen, abort, current } = watch(bucket);
    await current;
    const before = seen.length;
    await server.kill();
    await eventually(() => !bus.connected);
    await server.resume();
    await using writer = await connect(); // most likely before the watcher is back
    const other = await KvBucket.open(writer, { name: bucket.name, decode: decodeNumber });
    await other.delete('removed');
    await other.put('new', 2);
    await eventually(() => seen.length >= before + 2, 3_000);
    await other.put('later', 3);
    await eventually(() => seen.length >= before + 3, 3_000);
    assert.deepEqual(seen.slice(before), ['removed=gone', 'new=2', 'later=3']);
    abort.abort();
  });

  test('after an outage tells entries gone that left no trace', async () => {
    const bucket = await openBucket();
    for (const key of ['x.kept', 'x.swept', 'y.other']) await bucket.put(key, 1);
    const { seen, abort, current } = watch(bucket, 'x.>');
    await current;
    const before = seen.length;
    await server.kill();
    await eventually(() => !bus.connected);
    await server.resume();
    await using writer = await connect(); // most likely before the watcher is back
    const other = await KvBucket.open(writer, { name: bucket.name, decode: decodeNumber });
    await other.delete('x.swept');
    await other.sweep(0);
    await eventually(() => seen.length > before);
    await delay(300);
    assert.deepEqual(seen.slice(before), ['x.swept=gone']);
    abort.abort();
  });

  test('sweep keeps entries and young markers', async () => {
    const bucket = await openBucket();
    await bucket.put('kept', 1);
    await bucket.put('gone', 1);
    await bucket.delete('gone');
    const heard = async () => {
      const { seen, abort, current } = watch(bucket);
      await current;
      abort.abort();
      return seen;
    };
    await bucket.sweep(60_000);
    assert.deepEqual(await heard(), ['kept=1', 'gone=gone']);
    await delay(5);
    await bucket.sweep(0);
    assert.deepEqual(await heard(), ['kept=1']);
  });

  test('after all data was lost tells what is there now', async () => {
    const bucket = await openBucket();
    for (let value = 0; value < 5; value++) await bucket.put('a', value);
    const { seen, abort, current } = watch(bucket);
    await current;
    await server.kill();
    await eventually(() => !bus.connected);
    await server.eraseData();
    await server.resume();
    await eventually(() => bus.connected);
    const again = await KvBucket.open(bus, { name: bucket.name, decode: decodeNumber });
    await again.put('b', 1);
    await eventually(() => seen.includes('b=1'), 8_000);
    assert.ok(!seen.includes('a=gone'), 'lost data is no order to delete anything');
    abort.abort();
  });
});
