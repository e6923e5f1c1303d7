import assert from 'node:assert/strict';
import { openSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { LineWriter } from './line-writer.ts';

async function temporaryFile(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sprue-lines-'));
  t.after(() => rm(folder, { recursive: true }));
  return join(folder, 'log');
}

describe('LineWriter', () => {
  test('writes every line once and in order, whatever the buffer size', async t => {
    for (const bufferBytes of [7, 64, 1_000, 65_536]) {
      const file = await temporaryFile(t);
      const writer = new LineWriter(file, { bufferBytes, maxQueued: Number.POSITIVE_INFINITY });
      const lines = Array.from({ length: 500 }, (_, index) => `line ${index}\n`);
      for (const line of lines) writer.append(line);
      await writer.close();
      assert.equal(await readFile(file, 'latin1'), lines.join(''), `${bufferBytes} bytes`);
      assert.equal(writer.dropped, 0);
    }
  });

  test('writes by itself after a while', async t => {
    const file = await temporaryFile(t);
    const writer = new LineWriter(file, { flushMs: 10 });
    writer.append('one\n');
    for (let waited = 0; waited < 200; waited++) {
      if ((await readFile(file, 'latin1')) === 'one\n') break;
      await delay(10);
    }
    assert.equal(await readFile(file, 'latin1'), 'one\n');
    await writer.close();
  });

  test('keeps bytes as they are and appends to what is there', async t => {
    const file = await temporaryFile(t);
    for (const line of ['caf\xc3\xa9\n', '\xff\n']) {
      const writer = new LineWriter(file);
      writer.append(line);
      await writer.close();
    }
    assert.deepEqual(await readFile(file), Buffer.from('caf\xc3\xa9\n\xff\n', 'latin1'));
  });

  test('drops and counts lines when too much waits, and never blocks', async t => {
    const file = await temporaryFile(t);
    const writer = new LineWriter(file, { bufferBytes: 10, maxQueued: 2 });
    for (let index = 0; index < 100; index++) writer.append('12345678\n');
    assert.ok(writer.dropped > 90, `${writer.dropped} dropped`);
    await writer.close();
    const written = (await readFile(file, 'latin1')).split('\n').length - 1;
    assert.equal(written + writer.dropped, 100);
  });

  test('counts what a full disk refuses, tells once, and goes on', async () => {
    const errors: Error[] = [];
    const onError = (error: Error) => errors.push(error);
    const writer = new LineWriter(openSync('/dev/full', 'w'), { bufferBytes: 16, onError });
    for (let index = 0; index < 8; index++) writer.append('1234567\n');
    await writer.close();
    assert.equal(writer.dropped, 8);
    assert.deepEqual(
      errors.map(error => (error as NodeJS.ErrnoException).code),
      ['ENOSPC'],
    );
  });
});
