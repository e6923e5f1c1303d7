import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseNameservers } from './nameservers.ts';

test('parseNameservers() reads IPv4 servers and nothing else', () => {
  const text =
    '# comment\nsearch example.com\nnameserver 192.0.2.53\n nameserver  10.0.0.53 # office\nnameserver fd00::53\noptions edns0\n';
  assert.deepEqual(parseNameservers(text), ['192.0.2.53', '10.0.0.53']);
});
