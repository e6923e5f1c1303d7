import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCidr, parseIpv4 } from '../core/address.ts';
import { hasCode } from '../core/errors.ts';
import { chooseRange } from './choose-range.ts';
import { takenNetworks, uplinkMtuBytes } from './host-facts.ts';

const first = parseCidr('10.254.0.0/16');

test('chooseRange prefers 10.254.0.0/16 and walks down when it collides', () => {
  assert.equal(chooseRange({ taken: [] }), first);
  assert.equal(chooseRange({ taken: [parseCidr('10.254.3.4/32')] }), '10.253.0.0/16');
  assert.equal(chooseRange({ taken: [parseCidr('10.0.0.0/8')] }), '172.31.0.0/16');
});

test('chooseRange keeps what was chosen before, while it is free', () => {
  const kept = parseCidr('10.200.0.0/16');
  assert.equal(chooseRange({ kept, taken: [] }), kept);
  assert.equal(chooseRange({ kept, taken: [parseCidr('10.200.1.0/24')] }), first);
});

test('chooseRange refuses a wanted range that collides, and names the other', () => {
  const taken = [parseCidr('10.0.0.0/8')];
  assert.throws(
    () => chooseRange({ wanted: first, taken }),
    error => {
      assert.ok(hasCode(error, 'NETWORK_RANGE_TAKEN'));
      assert.equal(error.details['other'], '10.0.0.0/8');
      return true;
    },
  );
});

test('chooseRange says so when everything is taken', () => {
  const taken = [parseCidr('10.0.0.0/8'), parseCidr('172.16.0.0/12')];
  assert.throws(
    () => chooseRange({ taken }),
    error => hasCode(error, 'NETWORK_RANGE_TAKEN'),
  );
});

test('takenNetworks counts addresses and routes but neither the default route nor our own', () => {
  const addresses = [
    { interfaceName: 'eth0', mtuBytes: 1500, address: '192.0.2.7', prefixBits: 24 },
    { interfaceName: 'w-01234567', mtuBytes: 1500, address: '169.254.0.1', prefixBits: 32 },
  ];
  const routes = [
    { destination: 'default', interfaceName: 'eth0' },
    { destination: '10.9.0.0/16', interfaceName: 'tun0' },
    { destination: '10.8.0.1', interfaceName: undefined },
    { destination: '10.254.0.1', interfaceName: 'w-01234567' },
  ];
  assert.deepEqual(takenNetworks(addresses, routes), [
    '192.0.2.0/24',
    '10.9.0.0/16',
    '10.8.0.1/32',
  ]);
});

test('uplinkMtuBytes finds the interface of the address and refuses a loopback address', () => {
  const addresses = [
    { interfaceName: 'lo', mtuBytes: 65_536, address: '127.0.0.1', prefixBits: 8 },
    { interfaceName: 'wg0', mtuBytes: 1420, address: '192.0.2.7', prefixBits: 24 },
  ];
  assert.equal(uplinkMtuBytes(parseIpv4('192.0.2.7'), addresses), 1420);
  assert.throws(
    () => uplinkMtuBytes(parseIpv4('127.0.0.1'), addresses),
    error => hasCode(error, 'HOST_ADDRESS_NOT_LOCAL'),
  );
});
