import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseGoDurationMs } from './go-duration.ts';

test('parseGoDurationMs reads what Go writes', () => {
  for (const [text, expectedMs] of [
    ['0', 0],
    ['0s', 0],
    ['30s', 30_000],
    ['1m30s', 90_000],
    ['1.5h', 5_400_000],
    ['500ms', 500],
    ['2m0.5s', 120_500],
  ] as const) {
    assert.equal(parseGoDurationMs(text), expectedMs, text);
  }
});

test('parseGoDurationMs refuses numbers without unit, negative and foreign units', () => {
  for (const text of ['', '30', '-1s', '1d', 's', '1 s', '1s ', '1..5s']) {
    assert.equal(parseGoDurationMs(text), undefined, text);
  }
});
