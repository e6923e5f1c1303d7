import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextSerial } from './serial.ts';

test('nextSerial() follows the time in seconds and never stands still', () => {
  assert.equal(nextSerial(undefined, 1_800_000_000_900), 1_800_000_000);
  assert.equal(nextSerial(1_700_000_000, 1_800_000_000_000), 1_800_000_000);
  assert.equal(nextSerial(1_800_000_000, 1_800_000_000_000), 1_800_000_001);
  assert.equal(nextSerial(1_800_000_005, 1_800_000_000_000), 1_800_000_006);
});

test('nextSerial() goes round at 2³² (RFC 1982)', () => {
  const lastSecond = (2 ** 32 - 1) * 1_000;
  assert.equal(nextSerial(2 ** 32 - 1, lastSecond), 0);
  assert.equal(nextSerial(0, lastSecond), 1);
});
