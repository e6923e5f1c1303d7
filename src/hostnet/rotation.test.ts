import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rotation } from './rotation.ts';

function rotation(next?: number) {
  const time = { nowMs: 0 };
  const clock = { now: () => time.nowMs };
  const made = new Rotation({ first: 10, last: 12, restMs: 100, clock, ...(next && { next }) });
  return { time, rotation: made };
}

test('Rotation goes round and never hands out what is held', () => {
  const { rotation: numbers } = rotation(11);
  assert.deepEqual([numbers.take(), numbers.take(), numbers.take()], [11, 12, 10]);
  assert.equal(numbers.take(), undefined);
});

test('Rotation hands out a released number only after its rest', () => {
  const { time, rotation: numbers } = rotation();
  for (let taken = 0; taken < 3; taken++) numbers.take();
  numbers.release(11);
  time.nowMs = 99;
  assert.equal(numbers.take(), undefined);
  time.nowMs = 100;
  assert.equal(numbers.take(), 11);
});

test('Rotation.wake ends the rest', () => {
  const { rotation: numbers } = rotation();
  for (let taken = 0; taken < 3; taken++) numbers.take();
  numbers.release(12);
  numbers.wake(12);
  assert.equal(numbers.take(), 12);
});

test('Rotation lets a number that was woken while held go without a rest, once', () => {
  const { rotation: numbers } = rotation();
  for (let taken = 0; taken < 3; taken++) numbers.take();
  numbers.wake(12);
  numbers.release(12);
  assert.equal(numbers.take(), 12);
  numbers.release(12);
  assert.equal(numbers.take(), undefined);
});

test('Rotation prefers a fresh number to one just released', () => {
  const { rotation: numbers } = rotation();
  assert.equal(numbers.take(), 10);
  numbers.release(10);
  numbers.wake(10);
  assert.equal(numbers.take(), 11);
});

test('Rotation.release of what is not held changes nothing', () => {
  const { rotation: numbers } = rotation();
  numbers.release(10);
  assert.equal(numbers.take(), 10);
});

test('Rotation starts at first when the cursor lies outside', () => {
  assert.equal(rotation(99).rotation.take(), 10);
});

test('Rotation passes over numbers that an earlier process handed out', () => {
  const { rotation: numbers } = rotation();
  numbers.hold(10);
  assert.equal(numbers.take(), 11);
});
