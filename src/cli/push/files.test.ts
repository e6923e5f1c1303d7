import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { openPromise } from 'yauzl';
import { temporaryDirectory } from '../testing/capture.ts';
import { gatherFiles, type Source } from './gather-files.ts';
import { uploadForm } from './multipart.ts';
import { zipSource } from './zip-files.ts';

const never = new AbortController().signal;

async function tree(root: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

async function paths(root: string): Promise<readonly string[]> {
  const source = await gatherFiles(root);
  assert.ok(source.kind === 'directory');
  return source.entries.map(({ path }) => path);
}

describe('gatherFiles', () => {
  test('takes node_modules and leaves what is never pushed', async () => {
    await using root = await temporaryDirectory();
    await tree(root.path, {
      'server.js': '',
      'node_modules/x/index.js': '',
      '.git/HEAD': '',
      'sub/.git/HEAD': '',
      '.gitignore': '',
      'manifest.yml': '',
      'sub/manifest.yml': '',
      '.cfignore': '',
      '.profile': '',
    });
    assert.deepEqual(await paths(root.path), [
      '.profile',
      'node_modules/',
      'node_modules/x/',
      'node_modules/x/index.js',
      'server.js',
      'sub/',
      'sub/manifest.yml',
    ]);
  });

  test('heeds .cfignore, with its exceptions', async () => {
    await using root = await temporaryDirectory();
    await tree(root.path, {
      '.cfignore': '*.log\n!keep.log\nnode_modules/\n/build\n',
      'a.log': '',
      'keep.log': '',
      'node_modules/x.js': '',
      'build/out': '',
      'sub/build/in': '',
    });
    assert.deepEqual(await paths(root.path), ['keep.log', 'sub/', 'sub/build/', 'sub/build/in']);
  });

  test('keeps links within the tree, also dangling ones', async () => {
    await using root = await temporaryDirectory();
    await tree(root.path, { 'a/file': 'x' });
    await symlink('../a/file', join(root.path, 'a/link'));
    await symlink('nowhere', join(root.path, 'dangling'));
    const source = await gatherFiles(root.path);
    assert.ok(source.kind === 'directory');
    const links = source.entries.flatMap(entry => (entry.kind === 'link' ? [entry.target] : []));
    assert.deepEqual(links, ['../a/file', 'nowhere']);
  });

  for (const target of ['/etc/passwd', '../secret', 'a/../../secret']) {
    test(`refuses a link to ${target}`, async () => {
      await using root = await temporaryDirectory();
      await tree(root.path, { 'a/file': 'x' });
      await symlink(target, join(root.path, 'link'));
      await assert.rejects(gatherFiles(root.path), {
        code: 'PUSH_PATH_INVALID',
        message: /outside of what is pushed/,
      });
    });
  }

  test('lets an ignored link out of the tree pass', async () => {
    await using root = await temporaryDirectory();
    await tree(root.path, { file: 'x', '.cfignore': 'link\n' });
    await symlink('/etc/passwd', join(root.path, 'link'));
    assert.deepEqual(await paths(root.path), ['file']);
  });

  test('refuses a socket', async () => {
    await using root = await temporaryDirectory();
    await tree(root.path, { file: 'x' });
    const server = createServer();
    await new Promise<void>(resolve => server.listen(join(root.path, 's.sock'), resolve));
    try {
      await assert.rejects(gatherFiles(root.path), {
        code: 'PUSH_PATH_INVALID',
        message: /a socket/,
      });
    } finally {
      await new Promise(resolve => server.close(resolve));
    }
  });

  test('refuses a name that a zip cannot carry', async () => {
    await using root = await temporaryDirectory();
    await tree(root.path, { 'a\\b': 'x' });
    await assert.rejects(gatherFiles(root.path), { code: 'PUSH_PATH_INVALID' });
  });

  test('refuses what is not there, what is empty, and a file that is no archive', async () => {
    await using root = await temporaryDirectory();
    await tree(root.path, { 'app/.cfignore': '', 'notes.txt': 'x' });
    for (const [path, message] of [
      ['missing', /does not exist/],
      ['app', /no file in it/],
      ['notes.txt', /neither a directory nor a \.zip/],
    ] as const) {
      await assert.rejects(gatherFiles(join(root.path, path)), {
        code: 'PUSH_PATH_INVALID',
        message,
      });
    }
  });

  test('takes an archive as it is', async () => {
    await using root = await temporaryDirectory();
    await tree(root.path, { 'app.jar': 'PK' });
    const file = join(root.path, 'app.jar');
    const source = await gatherFiles(file);
    assert.deepEqual(source, { kind: 'archive', file, sizeBytes: 2 });
    await using zip = await zipSource(source, never);
    assert.deepEqual([zip.file, zip.sizeBytes], [file, 2]);
  });
});

interface Unzipped {
  readonly mode: number;
  readonly content: string;
}

async function unzip(file: string): Promise<Readonly<Record<string, Unzipped>>> {
  const zip = await openPromise(file);
  const entries: Record<string, Unzipped> = {};
  for await (const entry of zip.eachEntry()) {
    const stream = await zip.openReadStreamPromise(entry);
    const content = (await buffer(stream)).toString('latin1');
    entries[entry.fileName] = { mode: entry.externalFileAttributes >>> 16, content };
  }
  return entries;
}

describe('zipSource', () => {
  test('carries content, modes, empty directories and links', async () => {
    await using root = await temporaryDirectory();
    const random = randomBytes(200_000).toString('latin1');
    await tree(root.path, { 'bin/run': '#!/bin/sh\n', empty: '' });
    await writeFile(join(root.path, 'data'), random, 'latin1');
    await chmod(join(root.path, 'bin/run'), 0o755);
    await mkdir(join(root.path, 'hollow'));
    await symlink('bin/run', join(root.path, 'start'));
    await using zip = await zipSource(await gatherFiles(root.path), never);
    const entries = await unzip(zip.file);
    assert.deepEqual(Object.keys(entries).sort(), [
      'bin/',
      'bin/run',
      'data',
      'empty',
      'hollow/',
      'start',
    ]);
    assert.deepEqual(entries['bin/run'], { mode: 0o100755, content: '#!/bin/sh\n' });
    assert.deepEqual(entries['start'], { mode: 0o120777, content: 'bin/run' });
    assert.equal((entries['hollow/']?.mode ?? 0) & 0o170000, 0o040000);
    assert.equal(entries['data']?.content, random);
    assert.equal((await stat(zip.file)).size, zip.sizeBytes);
  });

  test('leaves nothing behind', async () => {
    await using root = await temporaryDirectory();
    await tree(root.path, { file: 'x' });
    const zip = await zipSource(await gatherFiles(root.path), never);
    await zip[Symbol.asyncDispose]();
    await assert.rejects(readdir(dirname(zip.file)), { code: 'ENOENT' });
  });

  test('names a file that vanished meanwhile, and leaves nothing behind', async () => {
    await using root = await temporaryDirectory();
    await tree(root.path, { file: 'x' });
    const gone: Source = {
      kind: 'directory',
      root: root.path,
      entries: [{ path: 'gone', kind: 'file', mode: 0o644, modified: new Date(), sizeBytes: 1 }],
    };
    await assert.rejects(zipSource(gone, never), {
      code: 'PUSH_PATH_INVALID',
      message: /gone.*does not exist/,
    });
  });

  test('stops when it is interrupted', async () => {
    await using root = await temporaryDirectory();
    await tree(root.path, { file: 'x'.repeat(1_000_000) });
    const controller = new AbortController();
    const before = new Set(await readdir(tmpdir()));
    const zipping = zipSource(await gatherFiles(root.path), controller.signal);
    controller.abort();
    await assert.rejects(zipping, { name: 'AbortError' });
    const left = (await readdir(tmpdir())).filter(
      name => name.startsWith('sprue-push-') && !before.has(name),
    );
    assert.deepEqual(left, []);
  });
});

test('uploadForm is a form whose length is the announced one', async () => {
  await using root = await temporaryDirectory();
  await tree(root.path, { 'p.zip': 'zip content' });
  const seen: number[] = [];
  const file = join(root.path, 'p.zip');
  const form = uploadForm({ file, sizeBytes: 11 }, sentBytes => seen.push(sentBytes));
  const bytes = await buffer(form.body.open());
  assert.equal(bytes.length, form.body.lengthBytes);
  const response = new Response(bytes, { headers: { 'content-type': form.contentType } });
  const parsed = await response.formData();
  assert.equal(parsed.get('resources'), '[]');
  const bits = parsed.get('bits');
  assert.ok(bits instanceof File);
  assert.equal(await bits.text(), await readFile(file, 'utf8'));
  assert.deepEqual(seen, [11]);
});
