import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from './errors.ts';
import { formatBytes, parseSizeBytes, parseSizeMib } from './size.ts';

test('sizes are read as Cloud Foundry manifests write them', () => {
  assert.equal(parseSizeMib('512M'), 512);
  assert.equal(parseSizeMib('1gb'), 1024);
  assert.equal(parseSizeBytes('64k'), 65_536);
  assert.equal(parseSizeBytes('1.5G'), 1.5 * 2 ** 30);
  for (const text of ['512', 'M', '-1M', '1X', '', '1 M']) {
    assert.throws(
      () => parseSizeBytes(text),
      thrown => hasCode(thrown, 'INVALID_SIZE'),
      text,
    );
  }
  assert.throws(
    () => parseSizeMib('10K'),
    thrown => hasCode(thrown, 'INVALID_SIZE'),
  );
});

test('sizes are written short', () => {
  assert.equal(formatBytes(2 ** 30), '1G');
  assert.equal(formatBytes(17.5 * 2 ** 20), '17.5M');
  assert.equal(formatBytes(10), '10B');
});
