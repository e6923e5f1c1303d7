import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOlder, parseVersion } from './programs.ts';

test('parseVersion() finds the version in what each program prints', () => {
  for (const [text, version] of [
    ['nftables v1.0.6 (Lester Gooch #5)', [1, 0, 6]],
    ['ip utility, iproute2-6.1.0, libbpf 1.1.2', [6, 1, 0]],
    ['runc version 1.1.5+ds1\ncommit: 1.1.5', [1, 1, 5]],
    ['conmon version 2.1.6', [2, 1, 6]],
    ['conntrack v1.4.7 (conntrack-tools)', [1, 4, 7]],
    ['nats-server: v2.9.10', [2, 9, 10]],
  ] as const) {
    assert.deepEqual(parseVersion(text), version, text);
  }
  assert.equal(parseVersion('no version'), undefined);
});

test('isOlder() compares major, then minor', () => {
  assert.equal(isOlder([2, 8, 4], [2, 9]), true);
  assert.equal(isOlder([2, 9, 0], [2, 9]), false);
  assert.equal(isOlder([3, 0], [2, 9]), false);
});
