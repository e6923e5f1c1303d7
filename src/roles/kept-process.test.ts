import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { readJsonFile, writeJsonFile } from '../core/json-file.ts';
import { findRecordedProcess, KeptProcess, stopRecordedProcess } from './kept-process.ts';

describe('KeptProcess', () => {
  let folder: string;
  let recordFile: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sprue-kept-'));
    recordFile = join(folder, 'record.json');
  });
  after(async () => {
    await stopRecordedProcess(recordFile, 1_000);
    await rm(folder, { recursive: true });
  });

  const keep = (fingerprint: string) =>
    new KeptProcess({
      argv: ['sleep', '600'],
      recordFile,
      logFile: join(folder, 'log'),
      fingerprint,
    });

  test('is adopted while it runs with the same fingerprint, and not with another', async () => {
    const first = keep('one');
    assert.equal(await first.adopt(), false, 'nothing to adopt yet');
    await first.start();
    const second = keep('one');
    assert.equal(await second.adopt(), true);
    assert.equal(second.pid, first.pid);
    assert.equal(await keep('two').adopt(), false);
  });

  test('a pid with another start time is somebody else', async () => {
    const record = (await readJsonFile(recordFile)) as Record<string, unknown>;
    await writeJsonFile(recordFile, { ...record, startTicks: '1' });
    assert.equal(await keep('one').adopt(), false);
    await writeJsonFile(recordFile, record);
    assert.equal(await keep('one').adopt(), true);
  });

  test('is stopped by its record; stopping again is success', async () => {
    const kept = keep('one');
    await kept.adopt();
    await stopRecordedProcess(recordFile, 2_000);
    assert.equal(kept.alive, false);
    assert.equal(await findRecordedProcess(recordFile), undefined);
    await stopRecordedProcess(recordFile, 2_000);
  });

  test('a damaged record is no record', async () => {
    await writeJsonFile(recordFile, { pid: 'x' });
    assert.equal(await keep('one').adopt(), false);
  });
});
