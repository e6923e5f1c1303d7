import assert from 'node:assert/strict';
import { lstat, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type Header, pack } from 'tar-stream';
import { hasCode } from '../../core/errors.ts';
import { unpackDroplet } from './unpack-droplet.ts';

type Member = Partial<Header> & {
  readonly name: string;
  readonly content?: string;
};

/** Unpacks an archive of `members` into a fresh folder, which `look` may inspect. */
async function unpack(
  members: readonly Member[],
  look: (folder: string) => Promise<void> = async () => {},
  maxBytes = 2 ** 20,
): Promise<void> {
  const base = await mkdtemp(join(tmpdir(), 'sprue-unpack-'));
  try {
    const tar = pack();
    for (const { content = '', ...header } of members) tar.entry(header, content);
    tar.finalize();
    const file = join(base, 'droplet.tgz');
    await writeFile(file, gzipSync(await buffer(tar as AsyncIterable<Uint8Array>)));
    const folder = await mkdtemp(join(base, 'home-'));
    await unpackDroplet(file, folder, { maxBytes });
    await look(folder);
  } finally {
    await rm(base, { recursive: true });
  }
}

test('unpackDroplet: files, folders, links, modes and times', async () => {
  const mtime = new Date('2024-02-03T04:05:06Z');
  await unpack(
    [
      { name: './', type: 'directory', mode: 0o755 },
      { name: './app/', type: 'directory', mode: 0o555 },
      { name: './app/run.sh', mode: 0o4755, mtime, content: 'echo hi\n' },
      { name: 'deps/0/bin/python3', type: 'symlink', linkname: '/usr/bin/python3' },
      { name: 'deps/0/run', type: 'symlink', linkname: '../../app/run.sh' },
      { name: 'app2/copy.sh', type: 'link', linkname: './app/run.sh' },
      { name: 'app2/big', content: 'x'.repeat(300 * 1024), mode: 0o600 },
    ],
    async folder => {
      assert.deepEqual((await readdir(folder)).sort(), ['app', 'app2', 'deps']);
      const script = await lstat(join(folder, 'app/run.sh'));
      assert.equal(script.mode & 0o7777, 0o755);
      assert.equal(script.mtimeMs, mtime.getTime());
      assert.equal((await lstat(join(folder, 'app'))).mode & 0o777, 0o555);
      assert.equal(await readlink(join(folder, 'deps/0/bin/python3')), '/usr/bin/python3');
      assert.equal(await readFile(join(folder, 'app2/copy.sh'), 'utf8'), 'echo hi\n');
      assert.equal((await readFile(join(folder, 'app2/big'))).length, 300 * 1024);
    },
  );
});

const REFUSED: Record<string, readonly Member[]> = {
  'a path that climbs out': [{ name: '../evil', content: 'x' }],
  'a path that climbs out from within': [{ name: 'app/../../evil', content: 'x' }],
  'an absolute path': [{ name: '/etc/evil', content: 'x' }],
  'a relative link out of the tree': [
    { name: 'app/l', type: 'symlink', linkname: '../../etc/passwd' },
  ],
  'a file behind a link': [
    { name: 'app', type: 'symlink', linkname: '/etc' },
    { name: 'app/evil', content: 'x' },
  ],
  'a folder behind a link': [
    { name: 'app', type: 'symlink', linkname: '/tmp' },
    { name: 'app/evil/', type: 'directory' },
  ],
  'a link in place of a link': [
    { name: 'app', type: 'symlink', linkname: '/tmp' },
    { name: 'app', content: 'x' },
  ],
  'a hard link out of the tree': [{ name: 'app/h', type: 'link', linkname: '/etc/passwd' }],
  'a hard link behind a link': [
    { name: 'app', type: 'symlink', linkname: '/etc' },
    { name: 'h', type: 'link', linkname: 'app/passwd' },
  ],
  'a character device': [{ name: 'null', type: 'character-device', devmajor: 1, devminor: 3 }],
  'a block device': [{ name: 'sda', type: 'block-device', devmajor: 8, devminor: 0 }],
  'a named pipe': [{ name: 'pipe', type: 'fifo' }],
};

for (const [what, members] of Object.entries(REFUSED)) {
  test(`unpackDroplet: refuses ${what}`, async () => {
    await assert.rejects(unpack(members), thrown => hasCode(thrown, 'DROPLET_INVALID'));
  });
}

test('unpackDroplet: refuses more than the quota', async () => {
  await assert.rejects(
    unpack([{ name: 'big', content: 'x'.repeat(2000) }], undefined, 1000),
    /disk quota/,
  );
});

test('unpackDroplet: refuses what is no archive, and one that was cut off', async () => {
  const base = await mkdtemp(join(tmpdir(), 'sprue-unpack-'));
  try {
    const file = join(base, 'droplet.tgz');
    const options = { maxBytes: 2 ** 20 };
    await assert.rejects(unpackDroplet(file, base, options), { code: 'ENOENT' });
    await writeFile(file, 'no archive at all');
    await assert.rejects(unpackDroplet(file, base, options), { code: 'DROPLET_INVALID' });
    const tar = pack();
    tar.entry({ name: 'a' }, 'x'.repeat(100_000));
    tar.finalize();
    const whole = gzipSync(await buffer(tar as AsyncIterable<Uint8Array>), { level: 0 });
    await writeFile(file, whole.subarray(0, 50_000));
    await assert.rejects(unpackDroplet(file, base, options), { code: 'DROPLET_INVALID' });
  } finally {
    await rm(base, { recursive: true });
  }
});
