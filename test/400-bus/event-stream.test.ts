import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Bus } from '../../src/bus/bus.ts';
import { EventStream } from '../../src/bus/event-stream.ts';
import { silentLog } from '../../src/core/log.ts';
import { eventually } from '../kit/eventually.ts';
import { type NatsServer, startNatsServer } from '../kit/nats-server.ts';

let server: NatsServer;
let bus: Bus;
let streams = 0;

before(async () => {
  server = await startNatsServer();
  bus = await Bus.connect({ servers: [server.url], name: 'test', log: silentLog });
});
after(async () => {
  await bus.close();
  await server.stop();
});

async function openStream(maxMessagesPerSubject = 1_000): Promise<{
  stream: EventStream;
  prefix: string;
}> {
  const prefix = `s${++streams}`;
  const options = { maxMessagesPerSubject, maxBytes: 2 ** 20, maxAgeMs: 60_000 };
  const stream = await EventStream.open(bus, {
    name: prefix,
    subjects: [`${prefix}.*`],
    ...options,
  });
  return { stream, prefix };
}

async function texts(stream: EventStream, subject: string, limit = 1_000): Promise<string[]> {
  return (await stream.read({ subject, limit })).map(record => record.text());
}

describe('EventStream', () => {
  test('reads the newest records of a subject, oldest first', async () => {
    const { stream, prefix } = await openStream();
    for (let index = 0; index < 700; index++) stream.append(`${prefix}.a`, `a${index}`);
    await stream.store(`${prefix}.b`, 'b');
    assert.deepEqual(await texts(stream, `${prefix}.a`, 2), ['a698', 'a699']);
    assert.equal((await texts(stream, `${prefix}.a`)).length, 700);
    assert.deepEqual(await texts(stream, `${prefix}.b`), ['b']);
    assert.equal((await texts(stream, `${prefix}.*`)).length, 701);
    assert.deepEqual(await texts(stream, `${prefix}.none`), []);
    assert.deepEqual(await texts(stream, `${prefix}.a`, 0), []);
  });

  test('reads from a moment on', async () => {
    const { stream, prefix } = await openStream();
    await stream.store(`${prefix}.a`, 'old');
    await delay(50);
    const fromMs = Date.now();
    await delay(50);
    await stream.store(`${prefix}.a`, 'new');
    const records = await stream.read({ subject: `${prefix}.a`, fromMs, limit: 10 });
    assert.deepEqual(
      records.map(record => record.text()),
      ['new'],
    );
    const storedMs = Number((records[0]?.storedNs ?? 0n) / 1_000_000n);
    assert.ok(Math.abs(storedMs - Date.now()) < 5_000, String(storedMs));
  });

  test('ends while somebody keeps writing', async () => {
    const { stream, prefix } = await openStream();
    for (let index = 0; index < 100; index++) await stream.store(`${prefix}.a`, String(index));
    const writer = setInterval(() => stream.append(`${prefix}.a`, 'more'), 1);
    try {
      const records = await texts(stream, `${prefix}.a`, 50);
      assert.equal(records.length, 50);
    } finally {
      clearInterval(writer);
    }
  });

  test('drops the oldest records beyond its bound', async () => {
    const { stream, prefix } = await openStream(3);
    for (let index = 0; index < 9; index++) await stream.store(`${prefix}.a`, String(index));
    assert.deepEqual(await texts(stream, `${prefix}.a`), ['6', '7', '8']);
  });

  test('leaves no consumer behind on the server', async () => {
    const { stream, prefix } = await openStream();
    await stream.store(`${prefix}.a`, 'x');
    for (let index = 0; index < 5; index++) await texts(stream, `${prefix}.a`);
    const answer = await bus.request(`$JS.API.STREAM.INFO.${prefix}`, {}, 2_000);
    const info = answer.json() as { state: { consumer_count: number } };
    assert.equal(info.state.consumer_count, 0);
  });

  test('purge removes one subject only', async () => {
    const { stream, prefix } = await openStream();
    await stream.store(`${prefix}.a`, 'a');
    await stream.store(`${prefix}.b`, 'b');
    await stream.purge(`${prefix}.a`);
    assert.deepEqual(await texts(stream, `${prefix}.*`), ['b']);
  });

  test('follow hands on what comes from now on, until aborted', async () => {
    const { stream, prefix } = await openStream();
    await stream.store(`${prefix}.a`, 'before');
    const seen: string[] = [];
    const abort = new AbortController();
    stream.follow(`${prefix}.*`, (subject, text) => seen.push(`${subject} ${text}`), abort.signal);
    await stream.store(`${prefix}.a`, 'after');
    await eventually(() => seen.length === 1);
    abort.abort();
    await stream.store(`${prefix}.a`, 'late');
    await delay(50);
    assert.deepEqual(seen, [`${prefix}.a after`]);
  });

  test('opening again changes the bounds and keeps the records', async () => {
    const { stream, prefix } = await openStream();
    for (let index = 0; index < 5; index++) await stream.store(`${prefix}.a`, String(index));
    const again = await EventStream.open(bus, {
      name: prefix,
      subjects: [`${prefix}.*`],
      maxMessagesPerSubject: 2,
      maxBytes: 2 ** 20,
      maxAgeMs: 60_000,
    });
    assert.deepEqual(await texts(again, `${prefix}.a`), ['3', '4']);
  });
});
