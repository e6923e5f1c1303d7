import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCidr, parseIpv4 } from '../../core/address.ts';
import { oursAmong } from './outside-addresses.ts';

function local(interfaceName: string, address: string, prefixBits = 32) {
  return { interfaceName, mtuBytes: 1500, address, prefixBits };
}

test('oursAmong() takes single addresses of the pool, and of an older pool that the table remembers', () => {
  const addresses = [
    local('outside', '203.0.113.1'),
    local('outside', '192.0.2.7'), // of the older pool
    local('outside', '203.0.113.2', 28), // an administrator's
    local('outside', '203.0.113.3'), // the edge's own
    local('outside', '192.0.2.8'), // somebody's
    local('inside', '203.0.113.4'), // elsewhere
  ];
  const ours = oursAmong({
    addresses,
    outsideInterface: 'outside',
    outsideAddress: parseIpv4('203.0.113.3'),
    pool: [parseCidr('203.0.113.0/28')],
    floating: new Set([parseIpv4('192.0.2.7')]),
  });
  assert.deepEqual([...ours], ['203.0.113.1', '192.0.2.7']);
});
