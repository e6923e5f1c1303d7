import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readJsonFile, writeJsonFile } from './json-file.ts';

async function emptyFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sprue-json-file-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test('writeJsonFile replaces a file as a whole, for its owner only', async t => {
  const folder = await emptyFolder(t);
  const path = join(folder, 'state.json');
  await writeJsonFile(path, { generation: 1 });
  await writeJsonFile(path, { generation: 2 });
  assert.deepEqual(await readJsonFile(path), { generation: 2 });
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.deepEqual(await readdir(folder), ['state.json']);
});

test('writeJsonFile that fails leaves the old content, and nothing beside it', async t => {
  const folder = await emptyFolder(t);
  const path = join(folder, 'state.json');
  await writeJsonFile(path, { generation: 1 });
  await symlink('/dev/full', `${path}.${process.pid}.tmp`); // a disk without room
  await assert.rejects(writeJsonFile(path, { generation: 2 }), { code: 'ENOSPC' });
  await assert.rejects(writeJsonFile(path, { generation: 3n }), TypeError);
  assert.deepEqual(await readJsonFile(path), { generation: 1 });
  assert.deepEqual(await readdir(folder), ['state.json']);
});

test('readJsonFile tells an absent file from a damaged one', async t => {
  const folder = await emptyFolder(t);
  assert.equal(await readJsonFile(join(folder, 'absent.json')), undefined);
  const damaged = join(folder, 'damaged.json');
  await writeFile(damaged, '{"generation":');
  await assert.rejects(readJsonFile(damaged), SyntaxError);
});
