import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { KeyedLock } from './keyed-lock.ts';

test('KeyedLock lets one action at a time through for each key, in order', async () => {
  const lock = new KeyedLock<string>();
  const story: string[] = [];
  const action = (name: string, ms: number) => async () => {
    story.push(`+${name}`);
    await delay(ms);
    story.push(`-${name}`);
    return name;
  };
  const results = await Promise.all([
    lock.run('a', action('a1', 20)),
    lock.run('a', action('a2', 1)),
    lock.run('b', action('b1', 1)),
  ]);
  assert.deepEqual(results, ['a1', 'a2', 'b1']);
  assert.ok(story.indexOf('-a1') < story.indexOf('+a2'));
  assert.ok(story.indexOf('+b1') < story.indexOf('-a1'));
});

test('KeyedLock goes on after a failure, which only its caller sees', async () => {
  const lock = new KeyedLock<string>();
  const failing = lock.run('a', () => Promise.reject(new Error('no')));
  const next = lock.run('a', async () => 'yes');
  await assert.rejects(failing, /no/);
  assert.equal(await next, 'yes');
});
