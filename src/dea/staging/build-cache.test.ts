import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Guid, newGuid } from '../../core/ids.ts';
import { silentLog } from '../../core/log.ts';
import { BuildCache } from './build-cache.ts';

let base = '';
const signal = new AbortController().signal;

before(async () => {
  base = await mkdtemp(join(tmpdir(), 'sprue-cache-'));
});
after(() => rm(base, { recursive: true }));

async function openCache(maxBytes: number) {
  const folder = await mkdtemp(join(base, 'cache-'));
  const cache = new BuildCache({ folder, maxBytes, log: silentLog });
  return {
    folder,
    async save(app: Guid, content: Buffer | undefined) {
      const home = await mkdtemp(join(base, 'home-'));
      await mkdir(join(home, 'cache'));
      if (content !== undefined) await writeFile(join(home, 'cache/file'), content);
      const source = { base: home, name: 'cache', archive: join(home, 'c.tgz'), maxBytes: 2 ** 20 };
      await cache.save(app, source, signal);
    },
    async restore(app: Guid, limitBytes = 2 ** 20) {
      const target = join(await mkdtemp(join(base, 'target-')), 'cache');
      await cache.restore(app, target, { maxBytes: limitBytes, signal });
      const [name] = await readdir(target);
      return name === undefined ? undefined : await readFile(join(target, name), 'utf8');
    },
  };
}

test('BuildCache: gives back what was kept; an empty folder keeps nothing', async () => {
  const cache = await openCache(2 ** 20);
  const app = newGuid();
  assert.equal(await cache.restore(app), undefined);
  await cache.save(app, Buffer.from('kept'));
  assert.equal(await cache.restore(app), 'kept');
  await cache.save(app, undefined);
  assert.equal(await cache.restore(app), undefined);
});

test('BuildCache: what is too big for the app’s disk is dropped', async () => {
  const cache = await openCache(2 ** 20);
  const app = newGuid();
  await cache.save(app, Buffer.alloc(5000));
  assert.equal(await cache.restore(app, 4000), undefined);
  assert.deepEqual(await readdir(cache.folder), []);
});

test('BuildCache: the oldest go when all together are too big', async () => {
  const cache = await openCache(150_000);
  const apps = [newGuid(), newGuid(), newGuid()] as const;
  for (const app of apps) {
    await cache.save(app, Buffer.from(crypto.getRandomValues(new Uint8Array(60_000))));
  }
  const kept = await readdir(cache.folder);
  assert.deepEqual(kept.sort(), [`${apps[1]}.tgz`, `${apps[2]}.tgz`].sort());
});
