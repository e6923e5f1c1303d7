import assert from 'node:assert/strict';
import { lstat, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type RawZipEntry, rawZip } from '../../../test/kit/raw-zip.ts';
import { StagingFailure } from './staging-failure.ts';
import { type UnzipLimits, unzip } from './unzip.ts';

const LINK = 0o120777;
const LIMITS = { maxBytes: 2 ** 20, maxEntries: 100 };

async function unpack(
  zip: Buffer,
  look: (folder: string) => Promise<void> = async () => {},
  limits: UnzipLimits = LIMITS,
): Promise<void> {
  const base = await mkdtemp(join(tmpdir(), 'sprue-unzip-'));
  try {
    await writeFile(join(base, 'package.zip'), zip);
    const folder = await mkdtemp(join(base, 'app-'));
    try {
      await unzip(join(base, 'package.zip'), folder, limits);
    } finally {
      assert.deepEqual((await readdir(base)).length, 2, 'nothing is written beside the folder');
    }
    await look(folder);
  } finally {
    await rm(base, { recursive: true });
  }
}

test('unzip: files, folders, links and modes', async () => {
  const zip = rawZip([
    { name: 'bin/', mode: 0o040700 },
    { name: 'bin/run', mode: 0o104755, content: '#!/bin/sh\n', deflate: true },
    { name: './deep/er/', mode: 0o040755 },
    { name: 'read-only', mode: 0o100444, content: 'x' },
    { name: 'node_modules/.bin/tool', mode: LINK, content: '../tool/cli.js' },
    { name: 'node_modules/tool/cli.js', mode: 0o100755, content: 'y' },
    { name: 'from-windows.exe', maker: 0, mode: 0, content: 'z' },
    { name: 'ünï/çødé', content: 'ß' },
    { name: 'big', content: Buffer.alloc(600 * 1024, 'a'), deflate: true },
  ]);
  await unpack(zip, async folder => {
    const mode = async (path: string) => (await lstat(join(folder, path))).mode & 0o7777;
    assert.equal(await mode('bin'), 0o755);
    assert.equal(await mode('bin/run'), 0o755, 'set-uid is dropped');
    assert.equal(await mode('read-only'), 0o644, 'the build may change every file');
    assert.equal(await mode('from-windows.exe'), 0o755);
    assert.ok((await lstat(join(folder, 'deep/er'))).isDirectory());
    assert.equal(await readlink(join(folder, 'node_modules/.bin/tool')), '../tool/cli.js');
    assert.equal(await readFile(join(folder, 'node_modules/.bin/tool'), 'utf8'), 'y');
    assert.equal(await readFile(join(folder, 'ünï/çødé'), 'utf8'), 'ß');
    assert.equal((await readFile(join(folder, 'big'))).length, 600 * 1024);
  });
});

const REFUSED: Record<string, { entries: readonly RawZipEntry[]; because: RegExp }> = {
  'a path that climbs out': { entries: [{ name: '../evil' }], because: /leads out of the app/ },
  'a path that climbs out from within': {
    entries: [{ name: 'a/../../evil' }],
    because: /leads out of the app/,
  },
  'an absolute path': { entries: [{ name: '/etc/evil' }], because: /absolute path/ },
  'a drive letter': { entries: [{ name: 'C:/evil' }], because: /names a drive/ },
  'a backslash': { entries: [{ name: '..\\evil' }], because: /backslash/ },
  'a NUL byte': { entries: [{ name: 'a\0b' }], because: /NUL byte/ },
  'a name too long for Linux': { entries: [{ name: 'x'.repeat(300) }], because: /255 bytes/ },
  'a path too long': { entries: [{ name: 'x/'.repeat(1500) }], because: /2048 bytes/ },
  'a character device': { entries: [{ name: 'null', mode: 0o020666 }], because: /neither a file/ },
  'a block device': { entries: [{ name: 'sda', mode: 0o060666 }], because: /neither a file/ },
  'a named pipe': { entries: [{ name: 'pipe', mode: 0o010666 }], because: /neither a file/ },
  'a socket': { entries: [{ name: 'sock', mode: 0o140666 }], because: /neither a file/ },
  'a link out of the tree': {
    entries: [{ name: 'a/link', mode: LINK, content: '../../etc/passwd' }],
    because: /link out of the app/,
  },
  'an absolute link': {
    entries: [{ name: 'link', mode: LINK, content: '/etc/passwd' }],
    because: /absolute path/,
  },
  'a link that climbs out through another link': {
    entries: [
      { name: 'top/x' },
      { name: 'a/b/one', mode: LINK, content: '../../top' },
      { name: 'two', mode: LINK, content: 'a/b/one/../../evil' },
    ],
    because: /“..” after a name/,
  },
  'an empty link': { entries: [{ name: 'l', mode: LINK }], because: /link to nothing/ },
  'an endless link': {
    entries: [{ name: 'l', mode: LINK, content: 'x'.repeat(5000) }],
    because: /too long/,
  },
  'a file behind a link': {
    entries: [{ name: 'l', mode: LINK, content: 'a' }, { name: 'l/evil' }],
    because: /“l” twice/,
  },
  'a link in place of a folder': {
    entries: [{ name: 'a/x' }, { name: 'a', mode: LINK, content: 'b' }],
    because: /“a” twice/,
  },
  'the same name twice': { entries: [{ name: 'a' }, { name: 'a' }], because: /“a” twice/ },
  'the same name, written differently': {
    entries: [{ name: 'a/b' }, { name: './a//b' }],
    because: /“a\/b” twice/,
  },
  'a file that is a folder, too': { entries: [{ name: 'a' }, { name: 'a/b' }], because: /twice/ },
  'more than the disk': {
    entries: [{ name: 'a', content: Buffer.alloc(2 ** 20 + 1), deflate: true }],
    because: /bigger than the app's disk \(1M\)/,
  },
  'more than the disk, in parts': {
    entries: Array.from({ length: 20 }, (_, index) => ({
      name: `part${index}`,
      content: Buffer.alloc(60_000),
      deflate: true,
    })),
    because: /bigger than the app's disk/,
  },
  'a bomb that claims to be small': {
    entries: [{ name: 'a', content: Buffer.alloc(2 ** 24), deflate: true, claimedBytes: 10 }],
    because: /cannot be unpacked/,
  },
  'a big bomb that claims to be smaller': {
    entries: [{ name: 'a', content: Buffer.alloc(2 ** 26), deflate: true, claimedBytes: 300_000 }],
    because: /cannot be unpacked: too many bytes/,
  },
  'a small file with damage': {
    entries: [{ name: 'a', content: 'abc', claimedChecksum: 1 }],
    because: /wrong checksum/,
  },
  'a big file with damage': {
    entries: [{ name: 'a', content: Buffer.alloc(400_000), claimedChecksum: 1, deflate: true }],
    because: /wrong checksum/,
  },
  'too many entries': {
    entries: Array.from({ length: 101 }, (_, index) => ({ name: `f${index}` })),
    because: /has 101 entries; 100 are allowed/,
  },
};

for (const [what, { entries, because }] of Object.entries(REFUSED)) {
  test(`unzip: refuses ${what}`, async () => {
    await assert.rejects(unpack(rawZip(entries)), thrown => {
      assert.ok(thrown instanceof StagingFailure, String(thrown));
      assert.match(thrown.toString(), because);
      assert.match(thrown.toString(), /^StagingError - /);
      return true;
    });
  });
}

test('unzip: refuses what is no archive, and one that was cut off', async () => {
  const whole = rawZip([{ name: 'a', content: 'x'.repeat(10_000) }]);
  for (const bytes of [Buffer.from('no archive'), Buffer.alloc(0), whole.subarray(0, 5000)]) {
    await assert.rejects(unpack(bytes), /cannot be unpacked/);
  }
});

test('unzip: stops when aborted', async () => {
  const limits = { ...LIMITS, signal: AbortSignal.abort(new Error('enough')) };
  await assert.rejects(unpack(rawZip([{ name: 'a' }]), undefined, limits), /enough/);
});
