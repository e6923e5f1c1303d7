import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { SprueError } from '../../core/errors.ts';
import { newGuid } from '../../core/ids.ts';
import { DropletCache, type DropletSource } from './droplet-cache.ts';

const CONTENT = Buffer.from('a droplet');

async function withCache(
  source: Partial<DropletSource>,
  check: (cache: DropletCache, folder: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'sprue-droplets-'));
  try {
    const whole = { get: async () => Readable.from([CONTENT]), ...source };
    await check(await DropletCache.open(folder, whole), folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('DropletCache.get: downloads once for all who wait, then reads from disk', async () => {
  let downloads = 0;
  const get = async () => {
    downloads++;
    return Readable.from([CONTENT]);
  };
  await withCache({ get }, async cache => {
    const guid = newGuid();
    const [first, second] = await Promise.all([cache.get(guid), cache.get(guid)]);
    assert.deepEqual(await readFile(first.path), CONTENT);
    assert.equal(second.path, first.path);
    assert.deepEqual(await cache.get(guid), { path: first.path, sizeBytes: CONTENT.length });
    assert.equal(downloads, 1);
  });
});

test('DropletCache.get: an absent droplet is OBJECT_MISSING', async () => {
  const get = async () => {
    throw new SprueError('OBJECT_MISSING', { name: 'x', bucket: 'droplets' });
  };
  await withCache({ get }, async cache => {
    await assert.rejects(cache.get(newGuid()), { code: 'OBJECT_MISSING' });
  });
});

test('DropletCache.get: a download that breaks off can be tried again', async () => {
  let broken = true;
  const get = async () =>
    broken
      ? Readable.from(
          (async function* () {
            yield CONTENT.subarray(0, 3);
            throw new Error('cut off');
          })(),
        )
      : Readable.from([CONTENT]);
  await withCache({ get }, async (cache, folder) => {
    const guid = newGuid();
    await assert.rejects(cache.get(guid), /cut off/);
    assert.deepEqual(await readdir(folder), []);
    broken = false;
    assert.deepEqual(await readFile((await cache.get(guid)).path), CONTENT);
  });
});

test('DropletCache.retain: removes what nobody uses, and leftovers', async () => {
  await withCache({}, async (cache, folder) => {
    const [used, unused] = [newGuid(), newGuid()];
    await Promise.all([cache.get(used), cache.get(unused)]);
    await writeFile(join(folder, `${newGuid()}.tgz.partial`), 'x');
    await cache.retain(new Set([used]));
    assert.deepEqual(await readdir(folder), [`${used}.tgz`]);
  });
});

test('DropletCache.evict: the next use downloads again', async () => {
  await withCache({}, async (cache, folder) => {
    const guid = newGuid();
    await cache.get(guid);
    await cache.evict(guid);
    assert.deepEqual(await readdir(folder), []);
    await cache.evict(guid);
  });
});
