import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { appendFile, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { eventually } from '../../../test/kit/eventually.ts';
import type { StreamRecord } from '../../bus/event-stream.ts';
import { systemClock } from '../../core/clock.ts';
import { newInstanceId } from '../../core/ids.ts';
import { silentLog } from '../../core/log.ts';
import { desiredInstance } from '../fakes/desired.ts';
import { parseConmonLine } from './conmon-line.ts';
import { InstanceLogs } from './instance-logs.ts';
import { lastLines } from './last-lines.ts';
import { LineJoiner } from './line-joiner.ts';
import { LogPublisher } from './log-publisher.ts';
import { RateLimit } from './rate-limit.ts';

const T = '2026-11-22T15:00:43.123456789+01:00';
const T_NS = `${Date.UTC(2026, 10, 22, 14, 0, 43) / 1000}123456789`;

/** A log stream in memory that can be away. */
class FakeStream {
  readonly texts: string[] = [];
  readonly #records: StreamRecord[] = [];
  away = false;
  /** Stores, but the acknowledgement is lost. */
  loseAcks = 0;

  append(subject: string, record: string): void {
    if (this.away) return;
    this.texts.push((JSON.parse(record) as { text: string }).text);
    this.#records.push({
      subject,
      sequence: this.texts.length,
      storedNs: 0n,
      text: () => record,
    });
  }

  async store(subject: string, record: string): Promise<void> {
    if (this.away) throw new Error('no server');
    this.append(subject, record);
    if (this.loseAcks-- > 0) throw new Error('timeout');
  }

  async read(): Promise<StreamRecord[]> {
    if (this.away) throw new Error('no server');
    return this.#records;
  }

  async waitFor(count: number): Promise<void> {
    await eventually(() => this.texts.length >= count);
  }
}

async function lab(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'sprue-logs-'));
  const path = join(folder, 'log');
  const stream = new FakeStream();
  const open = () =>
    InstanceLogs.open({
      publisher: new LogPublisher({ stream, ready: async () => {}, clock: systemClock }),
      logPath: () => path,
      folder: join(folder, 'positions'),
      clock: systemClock,
      log: silentLog,
    });
  const logs = await open();
  t.after(async () => {
    await logs.stop();
    await rm(folder, { recursive: true });
  });
  const instanceId = newInstanceId();
  return { folder, path, stream, logs, open, instanceId, desired: desiredInstance({ index: 1 }) };
}

const full = (text: string, ns = 1): string =>
  `2026-11-22T14:00:43.${String(ns).padStart(9, '0')}+00:00 stdout F ${text}\n`;

test('parseConmonLine: time to the nanosecond, stream, text', () => {
  assert.deepEqual(parseConmonLine(`${T} stderr F a b  c`), {
    timestampNs: T_NS,
    type: 'ERR',
    partial: false,
    text: 'a b  c',
  });
  assert.equal(parseConmonLine(`${T} stdout P x`)?.partial, true);
  assert.equal(parseConmonLine(`${T} stdout F `)?.text, '');
  assert.equal(parseConmonLine(`${T} stdout F`)?.text, '');
  assert.equal(
    parseConmonLine('2026-11-22T14:00:43Z stdout F x')?.timestampNs,
    `${T_NS.slice(0, -9)}000000000`,
  );
  for (const broken of ['', 'hello', `${T} stdin F x`, `${T} stdout X x`, 'x stdout F x']) {
    assert.equal(parseConmonLine(broken), undefined, broken);
  }
});

test('LineJoiner: joins partial lines of each stream apart', () => {
  const joiner = new LineJoiner();
  assert.equal(joiner.add(`${T} stdout P Hel`, 0), undefined);
  assert.equal(joiner.add(`${T} stderr F oops`, 10)?.text, 'oops');
  assert.equal(joiner.resumeOffset(20), 0);
  assert.equal(joiner.add(`${T} stdout F lo`, 20)?.text, 'Hello');
  assert.equal(joiner.resumeOffset(30), 30);
  joiner.add(`${T} stderr P unfinished`, 30);
  assert.deepEqual(
    joiner.flush().map(line => line.text),
    ['unfinished'],
  );
});

test('LineJoiner: a line without end is handed on in pieces', () => {
  const joiner = new LineJoiner();
  const piece = 'x'.repeat(20_000);
  assert.equal(joiner.add(`${T} stdout P ${piece}`, 0), undefined);
  assert.equal(joiner.add(`${T} stdout P ${piece}`, 1)?.text.length, 40_000);
});

test('RateLimit: a burst, then the rate', () => {
  const limit = new RateLimit({ perSecond: 10, burst: 20, nowMs: 0 });
  assert.equal(limit.take(50, 0), 20);
  assert.equal(limit.take(50, 100), 1);
  assert.equal(limit.take(50, 1_100), 10);
  assert.equal(limit.take(5, 100_000), 5);
  assert.equal(limit.take(50, 100_000), 15);
});

test('InstanceLogs: follows a file that grows and is replaced', async t => {
  const { path, stream, logs, instanceId, desired } = await lab(t);
  await writeFile(path, full('one'));
  await logs.follow(desired, instanceId);
  await stream.waitFor(1);
  await appendFile(path, full('two').slice(0, -5));
  await appendFile(path, full('two').slice(-5));
  await stream.waitFor(2);
  await appendFile(path, full('three'));
  await writeFile(`${path}.new`, full('four'));
  await rename(`${path}.new`, path);
  await stream.waitFor(4);
  assert.deepEqual(stream.texts, ['one', 'two', 'three', 'four']);
});

test('InstanceLogs: an agent that starts again loses and doubles nothing', async t => {
  const { path, stream, logs, open, instanceId, desired } = await lab(t);
  await writeFile(path, full('one', 1) + full('two', 2));
  await logs.follow(desired, instanceId);
  await stream.waitFor(2);
  await logs.stop();
  await appendFile(path, full('three', 3));
  stream.append('', JSON.stringify({ text: 'foreign' }));
  const second = await open();
  t.after(() => second.stop());
  await second.follow(desired, instanceId);
  await stream.waitFor(4);
  assert.deepEqual(stream.texts, ['one', 'two', 'foreign', 'three']);
});

test('InstanceLogs: what a killed agent had stored but not noted is not stored twice', async t => {
  const { folder, path, stream, logs, open, instanceId, desired } = await lab(t);
  await writeFile(path, full('one', 1) + full('two', 2));
  await logs.follow(desired, instanceId);
  await stream.waitFor(2);
  const position = join(folder, 'positions', `${instanceId}.json`);
  await eventually(() => existsSync(position));
  await logs.stop();
  const { inode } = JSON.parse(await readFile(position, 'utf8')) as { inode: number };
  await writeFile(position, JSON.stringify({ inode, offset: 0 })); // as if the kill came before the save
  await appendFile(path, full('three', 3));
  const second = await open();
  t.after(() => second.stop());
  await second.follow(desired, instanceId);
  await stream.waitFor(3);
  assert.deepEqual(stream.texts, ['one', 'two', 'three']);
});

test('InstanceLogs: a lost acknowledgement doubles nothing', async t => {
  const { path, stream, logs, instanceId, desired } = await lab(t);
  stream.loseAcks = 1;
  await writeFile(path, full('one', 1) + full('two', 2));
  await logs.follow(desired, instanceId);
  await stream.waitFor(2);
  await appendFile(path, full('three', 3));
  await stream.waitFor(3);
  assert.deepEqual(stream.texts, ['one', 'two', 'three']);
});

test('InstanceLogs.finish: delivers after the file was deleted, once NATS is back', async t => {
  const { path, stream, logs, instanceId, desired } = await lab(t);
  await writeFile(path, full('one', 1));
  await logs.follow(desired, instanceId);
  await stream.waitFor(1);
  stream.away = true;
  await appendFile(path, full('last words', 2));
  await logs.finish(instanceId); // waits for its time limit
  await rm(path);
  stream.away = false;
  await stream.waitFor(2);
  assert.deepEqual(stream.texts, ['one', 'last words']);
});

test('InstanceLogs: a flood is cut short, and says so', async t => {
  const { path, stream, logs, instanceId, desired } = await lab(t);
  await writeFile(path, full('spam').repeat(6_000));
  await logs.follow(desired, instanceId);
  await stream.waitFor(4_000);
  await logs.finish(instanceId);
  assert.ok(stream.texts.length < 5_000, `${stream.texts.length} lines passed`);
  const dropped = 6_000 - (stream.texts.length - 1);
  assert.match(stream.texts.at(-1) ?? '', new RegExp(`^${dropped} lines were dropped: the app `));
});

test('lastLines: the newest lines of a long log', async t => {
  const { path } = await lab(t);
  await writeFile(path, full('x'.repeat(100)).repeat(1_000) + full('almost') + full('last'));
  assert.deepEqual(await lastLines(path, 2), ['almost', 'last']);
  assert.deepEqual(await lastLines(`${path}.absent`, 2), []);
});
