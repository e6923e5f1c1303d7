import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Ipv4 } from '../../core/address.ts';
import { formatChanges, type NatState, wantedNat } from './changes.ts';

const [F1, F2] = ['203.0.113.1', '203.0.113.2'] as Ipv4[] as [Ipv4, Ipv4];
const [R1, R2] = ['10.0.0.1', '10.0.0.2'] as Ipv4[] as [Ipv4, Ipv4];

function state(floating: readonly Ipv4[], pairs: readonly [Ipv4, Ipv4][]): NatState {
  const placements = new Map(pairs.map(([address, router]) => [address, { router, sinceMs: 0 }]));
  const own = new Map([
    [F1, R1],
    [F2, R2],
  ]);
  return wantedNat(floating, placements, own);
}

describe('wantedNat()', () => {
  test('a router that serves two has its own floating IP for its own connections', () => {
    const { toFloating } = state(
      [F1, F2],
      [
        [F1, R2],
        [F2, R2],
      ],
    );
    assert.deepEqual([...toFloating], [[R2, F2]]);
  });

  test('and the lowest while it has none', () => {
    const { toFloating } = state([F1], [[F1, R2]]);
    assert.deepEqual([...toFloating], [[R2, F1]]);
  });
});

describe('formatChanges()', () => {
  const apart = state(
    [F1, F2],
    [
      [F1, R1],
      [F2, R2],
    ],
  );

  test('of what is already so is empty', () => {
    assert.equal(formatChanges(apart, apart), '');
  });

  test('moves one floating IP and touches no other', () => {
    const moved = state(
      [F1, F2],
      [
        [F1, R2],
        [F2, R2],
      ],
    );
    assert.equal(
      formatChanges(apart, moved),
      `delete element inet sprue-edge to_router { 203.0.113.1 }
add element inet sprue-edge to_router { 203.0.113.1 : 10.0.0.2 }
delete element inet sprue-edge to_floating { 10.0.0.1 }
`,
    );
  });

  test('takes a released one out of everything', () => {
    assert.equal(
      formatChanges(apart, state([F2], [[F2, R2]])),
      `delete element inet sprue-edge floating { 203.0.113.1 }
delete element inet sprue-edge to_router { 203.0.113.1 }
delete element inet sprue-edge to_floating { 10.0.0.1 }
`,
    );
  });
});
