import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Serial } from './serial.ts';

test('Serial runs tasks of one key in order, also past a failure, and other keys beside them', async () => {
  const serial = new Serial<string>();
  const events: string[] = [];
  const task =
    (name: string, ms: number, fails = false) =>
    async () => {
      events.push(`${name} starts`);
      await delay(ms);
      events.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    };
  const results = await Promise.allSettled([
    serial.run('a', task('one', 20, true)),
    serial.run('a', task('two', 0)),
    serial.run('b', task('other', 5)),
  ]);
  assert.deepEqual(
    results.map(result => result.status),
    ['rejected', 'fulfilled', 'fulfilled'],
  );
  assert.deepEqual(events, [
    'one starts',
    'other starts',
    'other ends',
    'one ends',
    'two starts',
    'two ends',
  ]);
});
