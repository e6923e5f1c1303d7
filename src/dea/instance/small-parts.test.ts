import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstOf } from './first-of.ts';
import { Slots } from './slots.ts';

const { signal } = new AbortController();

test('firstOf: the first result ends the other waits', async () => {
  let ended = false;
  const slow = (over: AbortSignal) =>
    new Promise<string>((_, reject) => {
      over.addEventListener('abort', () => {
        ended = true;
        reject(over.reason);
      });
    });
  assert.equal(await firstOf(signal, [slow, async () => 'fast']), 'fast');
  assert.equal(ended, true);
});

test('firstOf: undefined when aborted, before or meanwhile', async () => {
  const never = () => new Promise<string>(() => {});
  assert.equal(await firstOf(AbortSignal.abort(), [async () => 'x']), undefined);
  assert.equal(await firstOf(AbortSignal.timeout(10), [never]), undefined);
});

test('firstOf: a failure is the result', async () => {
  const failing = async () => {
    throw new Error('broken');
  };
  await assert.rejects(firstOf(signal, [failing]), /broken/);
});

test('Slots: bounds how many run, in order, also when one fails', async () => {
  const slots = new Slots(2);
  let running = 0;
  let most = 0;
  const order: number[] = [];
  const task = (id: number) =>
    slots.run(async () => {
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      running--;
      order.push(id);
      if (id === 1) throw new Error('failed');
    });
  const results = await Promise.allSettled([0, 1, 2, 3, 4].map(task));
  assert.equal(most, 2);
  assert.deepEqual(order, [0, 1, 2, 3, 4]);
  assert.deepEqual(
    results.map(result => result.status),
    ['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled'],
  );
});
