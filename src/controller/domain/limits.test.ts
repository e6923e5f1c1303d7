import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkFitsSomeHost, defaultInstances, parseLogRate } from './limits.ts';

test('checkFitsSomeHost compares with the largest host, and waits while there is none', () => {
  checkFitsSomeHost(1024, [{ memoryMib: 512 }, { memoryMib: 1024 }]);
  checkFitsSomeHost(1024, []);
  assert.throws(
    () => checkFitsSomeHost(2048, [{ memoryMib: 512 }, { memoryMib: 1024 }]),
    /2G of memory fits no host; the largest has 1G/,
  );
});

test('parseLogRate takes sizes, 0 and -1', () => {
  assert.deepEqual(['-1', '0', 0, -1, '1K'].map(parseLogRate), [-1, 0, 0, -1, 1024]);
  assert.throws(() => parseLogRate('7'), { code: 'INVALID_SIZE' });
});

test('only web starts with an instance', () => {
  assert.deepEqual(['web', 'worker'].map(defaultInstances), [1, 0]);
});
