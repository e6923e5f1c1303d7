import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hasCode } from '../../core/errors.ts';
import { formatName, isWithin, parentOf, parseName, wildcardBelow, wireName } from './name.ts';

describe('names', () => {
  test('parseName() and formatName() undo each other, in lower case with the last dot', () => {
    for (const text of ['example.com', 'example.com.', 'EXAMPLE.com']) {
      assert.equal(formatName(parseName(text)), 'example.com.');
    }
    assert.equal(parseName('a.bc'), '\x01a\x02bc\0');
    assert.equal(formatName(parseName('*.example.com')), '*.example.com.');
  });

  test('parseName() refuses what DNS cannot hold', () => {
    const longest = `${'a.'.repeat(126)}a`;
    assert.equal(parseName(longest).length, 255);
    for (const text of [
      '',
      '.',
      'a..b',
      '.a',
      'a b',
      'a.*.b',
      'a*.b',
      '-a.b',
      'a-.b',
      'ä.example',
      `${'a'.repeat(64)}.example`,
      `${longest}.a`,
    ]) {
      assert.throws(
        () => parseName(text),
        thrown => hasCode(thrown, 'DNS_NAME_INVALID'),
        text,
      );
    }
  });

  test('parentOf(), wildcardBelow() and isWithin() walk by labels', () => {
    const name = parseName('a.example.com');
    assert.equal(parentOf(name), parseName('example.com'));
    assert.equal(parentOf(parentOf(parentOf(name))), '\0');
    assert.equal(parentOf(wireName('\0')), '\0');
    assert.equal(wildcardBelow(parseName('example.com')), parseName('*.example.com'));
    assert.equal(isWithin(name, parseName('example.com')), true);
    assert.equal(isWithin(name, name), true);
    assert.equal(isWithin(parseName('aexample.com'), parseName('example.com')), false);
    assert.equal(isWithin(parseName('com'), parseName('example.com')), false);
  });

  test('wireName() changes ASCII letters only (RFC 4343 §3)', () => {
    assert.equal(wireName('\x03A\xc4z\0'), '\x03a\xc4z\0');
  });
});
