import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Bus } from '../../src/bus/bus.ts';
import { ObjectBucket } from '../../src/bus/object-bucket.ts';
import { silentLog } from '../../src/core/log.ts';
import { type NatsServer, startNatsServer } from '../kit/nats-server.ts';

let server: NatsServer;
let bus: Bus;
let bucket: ObjectBucket;

before(async () => {
  server = await startNatsServer();
  bus = await Bus.connect({ servers: [server.url], name: 'test', log: silentLog });
  bucket = await ObjectBucket.open(bus, 'blobs');
});
after(async () => {
  await bus.close();
  await server.stop();
});

function sha256(content: Buffer): string {
  return `SHA-256=${createHash('sha256').update(content).digest('base64url')}`;
}

describe('ObjectBucket', () => {
  for (const sizeBytes of [0, 1, 128 * 1024, 128 * 1024 + 1, 3_000_000]) {
    test(`keeps ${sizeBytes} bytes with their digest`, async () => {
      const content = randomBytes(sizeBytes);
      const stored = await bucket.put(`o${sizeBytes}`, Readable.from([content]));
      assert.equal(stored.sizeBytes, sizeBytes);
      assert.equal(stored.digest.replace(/=+$/, ''), sha256(content));
      assert.deepEqual(await bucket.info(`o${sizeBytes}`), stored);
      assert.deepEqual(await buffer(await bucket.get(`o${sizeBytes}`)), content);
    });
  }

  test('a stream whose content is not what was stored fails at its end', async () => {
    const chunks: string[] = [];
    const watch = bus.subscribe('$O.blobs.C.*', ({ subject }) => chunks.push(subject));
    await bucket.put('spoilt', Readable.from([Buffer.from('what was stored')]));
    watch.unsubscribe();
    await bus.request(chunks[0] ?? '', 'one chunk too many', 1_000);
    await assert.rejects(buffer(await bucket.get('spoilt')), { code: 'OBJECT_CORRUPT' });
  });

  test('replaces an object', async () => {
    for (const text of ['one', 'two!'])
      await bucket.put('same', Readable.from([Buffer.from(text)]));
    assert.equal((await buffer(await bucket.get('same'))).toString(), 'two!');
  });

  test('lists what is there, forgets what was deleted', async () => {
    await bucket.put('listed', Readable.from([Buffer.from('x')]));
    await bucket.put('dropped', Readable.from([Buffer.from('x')]));
    await bucket.delete('dropped');
    await bucket.delete('never');
    const names = (await bucket.list()).map(({ name }) => name);
    assert.ok(names.includes('listed'));
    assert.ok(!names.includes('dropped'));
    assert.equal(await bucket.info('dropped'), undefined);
    await assert.rejects(bucket.get('dropped'), { code: 'OBJECT_MISSING' });
    await assert.rejects(bucket.get('never'), { code: 'OBJECT_MISSING' });
  });

  test('an upload that breaks off leaves nothing', async () => {
    async function* broken() {
      yield randomBytes(300_000);
      throw new Error('the line is cut');
    }
    await assert.rejects(bucket.put('half', Readable.from(broken())), /the line is cut/);
    assert.equal(await bucket.info('half'), undefined);
    assert.ok(!(await bucket.list()).some(({ name }) => name === 'half'));
  });

  test('an upload that breaks off leaves the former object', async () => {
    await bucket.put('kept', Readable.from([Buffer.from('former')]));
    async function* broken() {
      yield randomBytes(300_000);
      throw new Error('the line is cut');
    }
    await assert.rejects(bucket.put('kept', Readable.from(broken())), /the line is cut/);
    assert.equal((await buffer(await bucket.get('kept'))).toString(), 'former');
  });

  test('reads no faster than it is consumed, and may be left half-way', async () => {
    await bucket.put('big', Readable.from(chunks(32)));
    const before = process.memoryUsage().arrayBuffers;
    const stream = await bucket.get('big');
    stream.once('readable', () => {});
    await delay(500);
    const heldBytes = process.memoryUsage().arrayBuffers - before;
    assert.ok(heldBytes < 8 * 2 ** 20, `${heldBytes} bytes held`);
    stream.destroy();
  });

  test('uploads no faster than the server takes it', async () => {
    let mostHeld = 0;
    const before = process.memoryUsage().arrayBuffers;
    async function* measured() {
      for await (const chunk of chunks(128)) {
        yield chunk;
        mostHeld = Math.max(mostHeld, process.memoryUsage().arrayBuffers - before);
      }
    }
    await bucket.put('measured', Readable.from(measured(), { objectMode: false }));
    assert.ok(mostHeld < 64 * 2 ** 20, `${mostHeld} of 128 MiB held`);
  });
});

/** So many MiB. */
async function* chunks(count: number): AsyncGenerator<Buffer> {
  for (let index = 0; index < count; index++) yield Buffer.alloc(2 ** 20, index);
}
