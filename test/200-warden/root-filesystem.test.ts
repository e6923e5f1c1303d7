import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { newInstanceId } from '../../src/core/ids.ts';
import { type ContainerFolder, wardenFolder } from '../../src/warden/container-folder.ts';
import { buildRootFilesystem } from '../../src/warden/root-filesystem.ts';

let state: string;
let folder: ContainerFolder;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'sprue-root-'));
  folder = wardenFolder(state).container(newInstanceId());
  mkdirSync(folder.path, { recursive: true });
  writeFileSync(join(state, 'one-file'), 'x');
  const mounts = [
    { source: state, destination: '/opt/folder', readOnly: true },
    { source: join(state, 'one-file'), destination: '/opt/deep/file', readOnly: true },
  ];
  const spec = { hostname: 'h', containerIp: '10.0.0.1', nameservers: [], mounts };
  const umask = process.umask(0o077);
  buildRootFilesystem(spec, folder, 100_000);
  process.umask(umask);
});
afterEach(() => rmSync(state, { recursive: true }));

const inside = (path: string) => join(folder.rootfs, path);

test('buildRootFilesystem makes a tree that everybody inside can read, whatever the umask', () => {
  for (const path of ['', 'etc', 'usr', 'home/vcap', 'sys/fs/cgroup', 'opt/folder'])
    assert.equal(statSync(inside(path)).mode & 0o777, 0o755, path);
  assert.equal(statSync(inside('etc/passwd')).mode & 0o777, 0o644);
  assert.equal(statSync(inside('etc')).uid, 100_000);
});

test('buildRootFilesystem links into /usr as the machine does', () => {
  assert.equal(readlinkSync(inside('bin')), readlinkSync('/bin'));
  assert.equal(readlinkSync(inside('var/tmp')), '/tmp');
  assert.equal(readFileSync(inside('etc/hostname'), 'utf8'), 'h\n');
});

test('buildRootFilesystem makes a mount point of the kind of each source', () => {
  assert.ok(statSync(inside('opt/folder')).isDirectory());
  assert.ok(statSync(inside('opt/deep/file')).isFile());
});

test('buildRootFilesystem keeps the writable folders away from the host’s users', () => {
  assert.equal(statSync(folder.private).mode & 0o777, 0o700);
  assert.equal(statSync(folder.home).uid, 102_000);
  assert.equal(statSync(folder.tmp).mode & 0o7777, 0o1777);
});
