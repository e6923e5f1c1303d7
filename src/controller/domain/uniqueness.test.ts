import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aDroplet, anApp, aProcess, aRoute, guidOf } from './fixtures.ts';
import { ownerOf } from './records.ts';
import { claimKey, claimsOf, claimTaken } from './uniqueness.ts';

test('claimsOf: names compare without case, within their owner', () => {
  const [upper] = claimsOf(anApp({ name: 'Shop' }));
  const [lower] = claimsOf(anApp({ name: 'shop', guid: guidOf('other') }));
  const [elsewhere] = claimsOf(anApp({ spaceGuid: guidOf('space2') }));
  assert.equal(upper?.text, lower?.text);
  assert.notEqual(lower?.text, elsewhere?.text);
  assert.equal(claimsOf(aDroplet()).length, 0);
});

test('claimTaken speaks of the thing that is taken', () => {
  const messageOf = (record: Parameters<typeof claimsOf>[0]) =>
    claimsOf(record).map(claim => claimTaken(claim).message)[0];
  assert.equal(messageOf(anApp()), "App with the name 'shop' already exists.");
  assert.match(messageOf(aRoute('a.b')) ?? '', /^Route already exists: a\.b/);
  assert.match(messageOf(aProcess()) ?? '', /type web/);
});

test('claimKey is a legal key of fixed length, whatever is claimed', () => {
  const keys = ['a', 'ä * > .', 'x'.repeat(9_999)].map(claimKey);
  for (const key of keys) assert.match(key, /^unique\.[0-9a-f]{40}$/);
  assert.equal(new Set(keys).size, 3);
});

test('ownerOf says what a record dies with', () => {
  assert.deepEqual(ownerOf(aProcess()), { kind: 'app', guid: guidOf('app') });
  assert.deepEqual(ownerOf(anApp()), { kind: 'space', guid: guidOf('space') });
});
