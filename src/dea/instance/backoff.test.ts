import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crashCountAfter, restartDelayMs } from './backoff.ts';

test('restartDelayMs: three restarts at once, then 30 s doubling to 16 min', () => {
  const seconds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 200].map(count => restartDelayMs(count) / 1000);
  assert.deepEqual(seconds, [0, 0, 0, 30, 60, 120, 240, 480, 960, 960, 960]);
});

test('crashCountAfter: counts up while runs are short', () => {
  assert.equal(crashCountAfter(0, 0), 1);
  assert.equal(crashCountAfter(4, 299_999), 5);
});

test('crashCountAfter: five minutes of health wipe the slate', () => {
  assert.equal(crashCountAfter(7, 300_000), 1);
});
