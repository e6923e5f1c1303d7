import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../../test/kit/eventually.ts';
import { silentLog } from '../core/log.ts';
import { KeyedWriter } from './keyed-writer.ts';

class FakeBucket {
  readonly writes: string[] = [];
  failing = 0;
  #gate: Promise<void> = Promise.resolve();

  /** Nothing is written until the returned function is called. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gate = promise;
    return resolve;
  }

  async put(key: string, value: number): Promise<void> {
    await this.#write(`${key}=${value}`);
  }

  async delete(key: string): Promise<void> {
    await this.#write(`${key} gone`);
  }

  async #write(what: string): Promise<void> {
    await this.#gate;
    if (this.failing-- > 0) throw new Error('away');
    this.writes.push(what);
  }
}

function writerOf(bucket: FakeBucket): KeyedWriter<number> {
  return new KeyedWriter({ bucket, ready: async () => {}, log: silentLog });
}

test('KeyedWriter: writes in order, and leaves out what was overtaken', async () => {
  const bucket = new FakeBucket();
  const open = bucket.hold();
  const writer = writerOf(bucket);
  writer.put('a', 1);
  writer.put('b', 9);
  writer.put('c', 1);
  await new Promise(setImmediate); // the first writes are on their way
  for (const value of [2, 3]) writer.put('a', value);
  writer.delete('c');
  open();
  await writer.stop(1_000);
  assert.deepEqual(bucket.writes, ['a=1', 'b=9', 'c=1', 'a=3', 'c gone']);
});

test('KeyedWriter: tries again until it is written', async () => {
  const bucket = new FakeBucket();
  bucket.failing = 1;
  const writer = writerOf(bucket);
  writer.put('a', 1);
  writer.put('a', 2);
  await eventually(() => bucket.writes.length > 0);
  assert.deepEqual(bucket.writes, ['a=2']);
  await writer.stop(0);
});

test('KeyedWriter.stop: gives up in time', async () => {
  const bucket = new FakeBucket();
  bucket.failing = 1_000;
  const writer = writerOf(bucket);
  writer.put('a', 1);
  await writer.stop(20);
  assert.deepEqual(bucket.writes, []);
});
