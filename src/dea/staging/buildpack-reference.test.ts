import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { resolveBuildpack } from './buildpack-reference.ts';

let base = '';
let folder = '';

before(async () => {
  base = await mkdtemp(join(tmpdir(), 'sprue-buildpacks-'));
  folder = join(base, 'buildpacks');
  await mkdir(join(folder, 'ours'), { recursive: true });
  await mkdir(join(base, 'secret'));
  await symlink(join(base, 'secret'), join(folder, 'escape'));
});

after(() => rm(base, { recursive: true }));

test('resolveBuildpack: built-in ones by their name and by Cloud Foundry’s', () => {
  for (const name of ['nodejs', 'nodejs_buildpack']) {
    assert.deepEqual(resolveBuildpack(name, folder), { kind: 'built-in', name: 'nodejs' });
  }
  assert.deepEqual(resolveBuildpack('binary_buildpack', folder), {
    kind: 'built-in',
    name: 'binary',
  });
});

test('resolveBuildpack: folders of the operator, by path and by name', () => {
  const expected = { kind: 'folder', name: 'ours', path: join(folder, 'ours') };
  assert.deepEqual(resolveBuildpack(join(folder, 'ours'), folder), expected);
  assert.deepEqual(resolveBuildpack('ours', folder), expected);
});

test('resolveBuildpack: git URLs, with branch, without credentials in the name', () => {
  assert.deepEqual(resolveBuildpack('https://example.com/a/b.git#v1.2/x', folder), {
    kind: 'git',
    name: 'https://example.com/a/b.git#v1.2/x',
    url: 'https://example.com/a/b.git',
    branch: 'v1.2/x',
  });
  assert.deepEqual(resolveBuildpack('https://me:secret@example.com/b', folder), {
    kind: 'git',
    name: 'https://example.com/b',
    url: 'https://me:secret@example.com/b',
    branch: undefined,
  });
});

for (const [what, name, because] of [
  ['a folder elsewhere', '/etc', /must be folders in/],
  ['the folder itself', '', /no buildpack/],
  ['a path that climbs', 'ours/../../secret', /no buildpack/],
  ['SSH', 'ssh://git@example.com/b', /SSH would need a key/],
  ['SSH, short', 'git@example.com:a/b', /no buildpack/],
  ['files', 'file:///etc', /begin with https/],
  ['remote helpers', 'ext::sh -c id', /no buildpack/],
  ['remote helpers with a host', 'ext://sh', /begin with https/],
  ['a branch that is an option', 'https://example.com/b#--upload-pack=x', /not the name of a git/],
  ['a branch that climbs', 'https://example.com/b#a..b', /not the name of a git/],
  ['an unknown name', 'cobol_buildpack', /no buildpack “cobol_buildpack”: known are .*nodejs/],
  ['an option', '--help', /no buildpack/],
] as const) {
  test(`resolveBuildpack: refuses ${what}`, () => {
    assert.throws(() => resolveBuildpack(name, folder), because);
  });
}

test('resolveBuildpack: refuses a link out of the folder', () => {
  assert.throws(() => resolveBuildpack(join(folder, 'escape'), folder), /must be folders in/);
  assert.throws(() => resolveBuildpack('escape', folder), /must be folders in/);
});
