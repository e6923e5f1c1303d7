import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entryProblem, isSymlink, liesBelow } from './archive-entry.ts';

const file = (name: string, mode = 0o100644) => entryProblem({ name, mode, sizeBytes: 1 });
const symlink = (name: string, linkTarget: string) =>
  entryProblem({ name, mode: 0o120777, sizeBytes: linkTarget.length, linkTarget });

test('entryProblem lets pass what apps are made of', () => {
  for (const name of ['a', 'a/b.txt', 'dir/', './a', 'a..b', '...', 'größe', 'a b']) {
    assert.equal(file(name), undefined, name);
  }
  assert.equal(file('script', 0o100755), undefined);
  assert.equal(file('made on Windows', 0), undefined);
  assert.equal(file('dir', 0o040755), undefined);
});

test('entryProblem names paths that lead elsewhere', () => {
  for (const [name, reason] of [
    ['', /no name/],
    ['/etc/passwd', /absolute/],
    ['C:\\x', /backslash/],
    ['C:x', /absolute/],
    ['..', /“\.\.”/],
    ['a/../b', /“\.\.”/],
    ['a\0b', /NUL/],
    ['a'.repeat(5_000), /4096/],
  ] as const) {
    assert.match(file(name) ?? 'no problem', reason, name);
  }
});

test('entryProblem refuses what is neither file, folder nor symlink', () => {
  for (const type of [0o020000, 0o060000, 0o010000, 0o140000]) {
    assert.match(file('x', type | 0o644) ?? '', /device, pipe or socket/, type.toString(8));
  }
});

test('entryProblem follows symlinks as far as the text goes', () => {
  for (const [name, target] of [
    ['a', 'b'],
    ['a', './b/c'],
    ['node_modules/.bin/tsc', '../typescript/bin/tsc'],
    ['a/b', '..'],
    ['a', '.'],
    ['a', '...'],
  ] as const) {
    assert.equal(symlink(name, target), undefined, `${name} -> ${target}`);
  }
  for (const [name, target] of [
    ['a', '..'],
    ['a/b', '../..'],
    ['a', '/etc'],
    ['a', ''],
    ['a', 'b/../..'],
    ['a/b/c', 'd/..'],
    ['a', './b/../c'],
    ['a', '../b/../c'],
  ] as const) {
    assert.notEqual(symlink(name, target), undefined, `${name} -> ${target}`);
  }
  assert.equal(isSymlink(0o120777), true);
  assert.equal(isSymlink(0o100777), false);
});

test('liesBelow finds entries that would be written through a symlink', () => {
  const links = new Set(['a/b']);
  assert.equal(liesBelow('a/b/c', links), true);
  assert.equal(liesBelow('./a//b/c/d', links), true);
  assert.equal(liesBelow('a/b', links), false);
  assert.equal(liesBelow('a/bc/d', links), false);
  assert.equal(liesBelow('a/b/c', new Set()), false);
});
