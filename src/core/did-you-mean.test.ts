import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { closest, editDistance, suggestion } from './did-you-mean.ts';

describe('editDistance', () => {
  const cases = [
    ['', '', 0],
    ['push', 'push', 0],
    ['psuh', 'push', 1],
    ['memry', 'memory', 1],
    ['kitten', 'sitting', 3],
    ['', 'abc', 3],
  ] as const;
  for (const [left, right, distance] of cases) {
    test(`“${left}” to “${right}” is ${distance}`, () => {
      assert.equal(editDistance(left, right), distance);
      assert.equal(editDistance(right, left), distance);
    });
  }
});

describe('closest', () => {
  test('finds the nearest of several', () => {
    assert.equal(closest('rout', ['routes', 'route', 'restart']), 'route');
  });
  test('finds nothing when all are far', () => {
    assert.equal(closest('xyzzy', ['push', 'apps']), undefined);
  });
  test('takes a long name whose beginning was given', () => {
    assert.equal(closest('APP_LOOP', ['APP_LOOPBACK_BIND', 'APP']), 'APP_LOOPBACK_BIND');
  });
  test('does not mind letter case', () => {
    assert.equal(closest('SHOP', ['shop']), 'shop');
  });
});

test('suggestion is empty without a near candidate', () => {
  assert.equal(suggestion('xyzzy', ['push']), '');
  assert.equal(suggestion('pusk', ['push']), ' Did you mean “push”?');
});
