import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { run } from '../../exec/run.ts';
import { readInside } from './read-inside.ts';

let base = '';

before(async () => {
  base = await mkdtemp(join(tmpdir(), 'sprue-inside-'));
  await mkdir(join(base, 'home/result'), { recursive: true });
  await mkdir(join(base, 'outside'));
  await writeFile(join(base, 'outside/secret'), 'secret');
  await writeFile(join(base, 'home/result/release.yml'), 'fine');
  await writeFile(join(base, 'home/result/huge'), Buffer.alloc(300 * 1024));
  await symlink('../../outside/secret', join(base, 'home/result/link'));
  await symlink('../outside', join(base, 'home/folder-link'));
  await run(['mkfifo', join(base, 'home/pipe')]);
});

after(() => rm(base, { recursive: true }));

test('readInside: files and their absence', async () => {
  const home = join(base, 'home');
  assert.equal(await readInside(home, 'result/release.yml'), 'fine');
  assert.equal(await readInside(home, 'result/none'), undefined);
  assert.equal(await readInside(home, 'none/none'), undefined);
  assert.equal(await readInside(home, 'result/release.yml/x'), undefined);
  assert.equal(await readInside(home, 'result'), undefined);
});

test('readInside: never follows a link, never waits for a pipe, never reads without end', async () => {
  const home = join(base, 'home');
  await assert.rejects(readInside(home, 'result/link'), /not a plain file/);
  assert.equal(await readInside(home, 'folder-link/secret'), undefined);
  await assert.rejects(readInside(home, 'pipe'), /not a plain file/);
  await assert.rejects(readInside(home, 'result/huge'), /bigger than 256K/);
});
