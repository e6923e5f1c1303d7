import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from '../../src/exec/run.ts';
import { eventually } from '../kit/eventually.ts';
import { startPlatform, type TestPlatform } from './kit/platform.ts';
import { appZip, type ZipEntrySpec, zipOf, zipWithName } from './kit/zip.ts';

async function newPackage({ api, spaceGuid }: TestPlatform): Promise<string> {
  const name = `app-${Math.random()}`;
  const app = await api.post('/v3/apps', {
    name,
    relationships: { space: { data: { guid: spaceGuid } } },
  });
  const created = await api.post('/v3/packages', {
    type: 'bits',
    relationships: { app: { data: { guid: app.body.guid } } },
  });
  assert.equal(created.body.state, 'AWAITING_UPLOAD');
  return created.body.guid;
}

const S_IFCHR = 0o020644;
const S_IFLNK = 0o120777;

const ATTACKS: readonly (readonly [string, () => Promise<Buffer>, RegExp])[] = [
  ['a name with ..', () => zipWithName('a/../../x'), /“a\/\.\.\/\.\.\/x” leads out/],
  ['an absolute name', () => zipWithName('/etc/cron.d/x'), /“\/etc\/cron\.d\/x” has an absolute/],
  ['a backslash', () => zipWithName('..\\..\\x'), /backslash/],
  ['a device', () => one({ name: 'dev', mode: S_IFCHR }), /“dev” is a device/],
  [
    'a symlink out of the tree',
    () => one({ name: 'a/link', content: '../../etc', mode: S_IFLNK }),
    /“a\/link” is a symlink that leads out/,
  ],
  [
    'an absolute symlink',
    () => one({ name: 'link', content: '/etc/passwd', mode: S_IFLNK }),
    /symlink to the absolute path “\/etc\/passwd”/,
  ],
  [
    'a symlink that climbs through another',
    () => one({ name: 'link', content: 'deep/up/..', mode: S_IFLNK }),
    /“\.\.” in the middle/,
  ],
  [
    'an entry below a symlink',
    () =>
      zipOf([
        { name: 'd', content: 'e', mode: S_IFLNK },
        { name: 'd/file', content: 'x' },
      ]),
    /“d\/file” lies below a symlink/,
  ],
  ['what is no zip', async () => Buffer.from('hello'), /no zip file/],
  ['half a zip', async () => (await appZip()).subarray(0, 100), /no zip file/],
];

function one(entry: ZipEntrySpec): Promise<Buffer> {
  return zipOf([entry]);
}

test('archives that could harm are refused, by name of the entry, and nothing is kept', async t => {
  await using platform = await startPlatform();
  for (const [what, make, expected] of ATTACKS) {
    await t.test(what, async () => {
      const guid = await newPackage(platform);
      const answer = await platform.api.upload(guid, await make());
      assert.equal(answer.status, 422, JSON.stringify(answer.body));
      assert.equal(answer.body.errors[0].sprue.code, 'PACKAGE_INVALID');
      assert.match(answer.body.errors[0].detail, expected);
      const stored = (await platform.api.get(`/v3/packages/${guid}`)).body;
      assert.equal(stored.state, 'FAILED');
      assert.match(stored.data.error, expected);
      assert.deepEqual(await platform.uploads(), []);
    });
  }
});

test('an upload that is cut leaves nothing, and the package can be uploaded again', async () => {
  await using platform = await startPlatform();
  const { api } = platform;
  const guid = await newPackage(platform);
  const { hostname, port } = new URL(api.base);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.write(
    [
      `POST /v3/packages/${guid}/upload HTTP/1.1`,
      'Host: api.example.test',
      `Authorization: bearer ${api.token}`,
      'Content-Type: multipart/form-data; boundary=b',
      'Content-Length: 1000000000',
      '',
      '--b',
      'Content-Disposition: form-data; name="bits"; filename="package.zip"',
      'Content-Type: application/octet-stream',
      '',
      'x'.repeat(300_000),
    ].join('\r\n'),
  );
  await api.until(`/v3/packages/${guid}`, () => socket.bytesWritten > 300_000);
  await eventually(async () => (await platform.uploads()).length > 0);
  socket.destroy();
  await eventually(async () => (await platform.uploads()).length === 0);
  assert.equal((await api.get(`/v3/packages/${guid}`)).body.state, 'AWAITING_UPLOAD');
  const again = await api.upload(guid, await appZip());
  assert.equal(again.body.state, 'READY', JSON.stringify(again.body));
  assert.match(again.body.data.checksum.value, /^[0-9a-f]{64}$/);
  const third = await api.upload(guid, await appZip());
  assert.equal(third.body.errors[0].sprue.code, 'PACKAGE_NOT_UPLOADABLE');
});

test('an upload beyond the limit is refused and nothing is kept', async () => {
  await using platform = await startPlatform({ maxUploadBytes: 100_000 });
  const guid = await newPackage(platform);
  const answer = await platform.api.upload(guid, Buffer.alloc(200_000));
  assert.equal(answer.status, 413, JSON.stringify(answer.body));
  assert.match(answer.body.errors[0].detail, /larger than the 97\.7K/);
  assert.deepEqual(await platform.uploads(), []);
  const stored = (await platform.api.get(`/v3/packages/${guid}`)).body;
  assert.equal(stored.state, 'AWAITING_UPLOAD');
});

test('a full disk is named as such, and nothing of the upload is kept', async () => {
  const stateDir = await mkdtemp(join(tmpdir(), 'sprue-full-'));
  await run(['mount', '-t', 'tmpfs', '-o', 'size=256k', 'sprue-test', stateDir]);
  try {
    await using platform = await startPlatform({ stateDir });
    const guid = await newPackage(platform);
    const answer = await platform.api.upload(guid, Buffer.alloc(1_000_000));
    assert.equal(answer.status, 507, JSON.stringify(answer.body));
    assert.equal(answer.body.errors[0].sprue.code, 'DISK_FULL');
    const again = await platform.api.upload(guid, await appZip());
    assert.equal(again.body.state, 'READY', JSON.stringify(again.body));
  } finally {
    await run(['umount', stateDir]);
    await rm(stateDir, { recursive: true });
  }
});

test('an upload without a file is refused', async () => {
  await using platform = await startPlatform();
  const guid = await newPackage(platform);
  const answer = await platform.api.post(`/v3/packages/${guid}/upload`, {});
  assert.equal(answer.status, 422);
  assert.match(answer.body.errors[0].detail, /multipart field “bits”/);
});
