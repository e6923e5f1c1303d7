import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { type InstanceId, newInstanceId } from '../core/ids.ts';
import { ExitWatch, UNKNOWN_EXIT } from './exit-watch.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sprue-exits-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** As conmon does: complete or absent. */
function writeExit(id: InstanceId, code: number): void {
  writeFileSync(join(folder, `${id}.new`), String(code));
  renameSync(join(folder, `${id}.new`), join(folder, id));
}

const patience = () => AbortSignal.timeout(5_000);

test('ExitWatch answers each who waits, when the file comes', async () => {
  const exits = new ExitWatch(folder, () => false);
  const [one, two] = [newInstanceId(), newInstanceId()];
  const answers = Promise.all([one, one, two].map(id => exits.wait(id, patience())));
  setTimeout(() => writeExit(two, 0), 20);
  setTimeout(() => writeExit(one, 137), 40);
  assert.deepEqual(await answers, [137, 137, 0]);
});

test('ExitWatch answers at once when the file is there', async () => {
  const id = newInstanceId();
  writeExit(id, 3);
  assert.equal(await new ExitWatch(folder, () => false).wait(id, patience()), 3);
});

test('ExitWatch says unknown when nobody will ever write the file', async () => {
  const exits = new ExitWatch(folder, () => true);
  assert.equal(await exits.wait(newInstanceId(), patience()), UNKNOWN_EXIT);
});

test('ExitWatch prefers the file to the suspicion', async () => {
  const id = newInstanceId();
  writeExit(id, 0);
  assert.equal(await new ExitWatch(folder, () => true).wait(id, patience()), 0);
});

test('ExitWatch gives up when aborted, for that caller only', async () => {
  const exits = new ExitWatch(folder, () => false);
  const id = newInstanceId();
  const other = exits.wait(id, patience());
  await assert.rejects(exits.wait(id, AbortSignal.timeout(10)), { name: 'TimeoutError' });
  exits.settle(id);
  assert.equal(await other, UNKNOWN_EXIT);
});
