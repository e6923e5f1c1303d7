import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLabelSelector } from './label-selector.ts';
import { mergeLabels } from './labels.ts';

const LABELS = { env: 'prod', 'example.org/team': 'a' };

test('parseLabelSelector understands every form of requirement', () => {
  for (const [selector, expected] of [
    ['env', true],
    ['!env', false],
    ['none', false],
    ['!none', true],
    ['env=prod', true],
    ['env==prod', true],
    ['env!=prod', false],
    ['none!=x', true],
    ['env in (dev,prod)', true],
    ['env notin (dev,prod)', false],
    ['none notin (x)', true],
    ['example.org/team=a', true],
    ['env=prod, example.org/team in (a, b)', true],
    ['env=prod,none', false],
  ] as const) {
    assert.equal(parseLabelSelector(selector)(LABELS), expected, selector);
  }
});

test('parseLabelSelector refuses what it does not understand', () => {
  for (const selector of ['', 'a b', '=x', 'env in prod', 'env=a=b', 'env in (a']) {
    assert.throws(() => parseLabelSelector(selector), { code: 'QUERY_INVALID' }, selector);
  }
});

test('mergeLabels: null removes', () => {
  assert.deepEqual(mergeLabels({ a: '1', b: '2' }, { a: null, c: '3' }), { b: '2', c: '3' });
});
