import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseIpv4 } from '../core/address.ts';
import { nameAddresses } from './name-addresses.ts';

const [F1, F2] = [parseIpv4('203.0.113.9'), parseIpv4('203.0.113.10')];
const [R1, R2] = [parseIpv4('10.0.0.11'), parseIpv4('10.0.0.12')];

describe('nameAddresses()', () => {
  test('names lead to the floating IPs that work, in the order of their numbers', () => {
    const floatingIps = [F1, F2].map(address => ({ address, router: R1 }));
    const input = { floatingIps, serving: [F2, F1, F2], healthyRouters: [R1] };
    assert.deepEqual(nameAddresses(input), [F1, F2]);
    assert.deepEqual(nameAddresses({ ...input, serving: [] }), [], 'never past the floating IPs');
  });

  test('and to the routers themselves while no floating IP has one', () => {
    const healthyRouters = [R2, R1];
    assert.deepEqual(nameAddresses({ floatingIps: [], serving: [], healthyRouters }), [R1, R2]);
    const allocated = [{ address: F1, router: null }];
    assert.deepEqual(nameAddresses({ floatingIps: allocated, serving: [], healthyRouters }), [
      R1,
      R2,
    ]);
  });
});
