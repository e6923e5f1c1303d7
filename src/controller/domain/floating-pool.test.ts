import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseCidr, parseIpv4 } from '../../core/address.ts';
import { hasCode } from '../../core/errors.ts';
import { checkPoolAddress, freeAddresses, type Holder, holderOf } from './floating-pool.ts';

function holder(id: string, pool: readonly string[], outside = '198.51.100.1'): Holder {
  const floating = {
    pool: pool.map(parseCidr),
    outsideAddress: parseIpv4(outside),
    insideAddress: parseIpv4('10.0.0.1'),
    ports: [80],
    serving: [],
  };
  return { id, floating };
}

describe('freeAddresses()', () => {
  const free = (holders: readonly Holder[], taken: readonly string[] = []) => [
    ...freeAddresses(holders, address => taken.includes(address)),
  ];

  test('goes through all pools, without the ends of a network', () => {
    const holders = [holder('a', ['203.0.113.0/30']), holder('b', ['203.0.113.8/32'])];
    assert.deepEqual(free(holders), ['203.0.113.1', '203.0.113.2', '203.0.113.8']);
  });

  test('passes over what is taken and what an edge itself has', () => {
    const holders = [holder('a', ['203.0.113.0/29'], '203.0.113.2')];
    assert.deepEqual(free(holders, ['203.0.113.1', '203.0.113.4']), [
      '203.0.113.3',
      '203.0.113.5',
      '203.0.113.6',
    ]);
  });
});

describe('checkPoolAddress()', () => {
  const holders = [holder('a', ['203.0.113.0/29'], '203.0.113.2')];
  const refused = (address: string, among = holders) => {
    try {
      checkPoolAddress(parseIpv4(address), among);
      return undefined;
    } catch (thrown) {
      return hasCode(thrown, 'EDGE_MISSING') ||
        hasCode(thrown, 'FLOATING_IP_OUTSIDE_POOL') ||
        hasCode(thrown, 'FLOATING_IP_RESERVED')
        ? thrown.message
        : thrown;
    }
  };

  test('takes any of the pool that is asked for by name', () => {
    assert.equal(refused('203.0.113.0'), undefined);
    assert.equal(refused('203.0.113.7'), undefined);
  });

  test('says why not', () => {
    assert.equal(
      refused('203.0.113.8'),
      '203.0.113.8 is not in the pool of floating IPs (203.0.113.0/29).',
    );
    assert.equal(
      refused('203.0.113.2'),
      '203.0.113.2 cannot be a floating IP: it is the edge a’s own address.',
    );
    assert.equal(refused('203.0.113.2', []), 'There is no edge with floating IPs.');
  });
});

test('holderOf() finds the edge whose pool has the address', () => {
  const holders = [holder('a', ['203.0.113.0/29']), holder('b', ['203.0.113.8/29'])];
  assert.equal(holderOf(parseIpv4('203.0.113.9'), holders)?.id, 'b');
  assert.equal(holderOf(parseIpv4('203.0.113.16'), holders), undefined);
});
