import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Ipv4 } from '../../core/address.ts';
import { type Placement, type PlanInput, planPlacements, STEADY_MS } from './plan.ts';

const [F1, F2, F3] = ['203.0.113.1', '203.0.113.2', '203.0.113.3'] as Ipv4[] as [Ipv4, Ipv4, Ipv4];
const [R1, R2, R3] = ['10.0.0.1', '10.0.0.2', '10.0.0.3'] as Ipv4[] as [Ipv4, Ipv4, Ipv4];
const NOW = 1_000_000;

function plan(changes: Partial<PlanInput>) {
  return planPlacements({
    floatingIps: [
      { address: F1, router: R1 },
      { address: F2, router: R2 },
    ],
    healthy: new Map([
      [R1, undefined],
      [R2, undefined],
    ]),
    previous: new Map(),
    nowMs: NOW,
    ...changes,
  });
}

function routersOf({ placements }: ReturnType<typeof planPlacements>): Record<string, string> {
  return Object.fromEntries([...placements].map(([address, { router }]) => [address, router]));
}

function placed(...pairs: readonly [Ipv4, Ipv4][]): Map<Ipv4, Placement> {
  return new Map(pairs.map(([address, router]) => [address, { router, sinceMs: 7 }]));
}

describe('planPlacements()', () => {
  test('leads each floating IP to its own router', () => {
    assert.deepEqual(routersOf(plan({})), { [F1]: R1, [F2]: R2 });
  });

  test('leaves one without a router alone', () => {
    const floatingIps = [{ address: F1, router: null }];
    assert.deepEqual(routersOf(plan({ floatingIps, previous: placed([F1, R1]) })), {});
  });

  test('moves to a healthy router, the one with the fewest', () => {
    const floatingIps = [F1, F2, F3].map(address => ({
      address,
      router: address === F2 ? R2 : R1,
    }));
    const healthy = new Map([
      [R2, undefined],
      [R3, undefined],
    ]);
    const moved = plan({ floatingIps, healthy, previous: placed([F1, R1], [F2, R2], [F3, R1]) });
    assert.deepEqual(routersOf(moved), { [F1]: R3, [F2]: R2, [F3]: R2 });
    assert.equal(moved.placements.get(F2)?.sinceMs, 7, 'what stays keeps its time');
    assert.equal(moved.placements.get(F1)?.sinceMs, NOW);
  });

  test('stays where it is while another router would do as well', () => {
    const healthy = new Map([
      [R2, undefined],
      [R3, undefined],
    ]);
    const previous = placed([F1, R2], [F2, R2]);
    assert.deepEqual(routersOf(plan({ healthy, previous })), { [F1]: R2, [F2]: R2 });
  });

  test('goes back only when its own router was healthy for a while, and says when', () => {
    const previous = placed([F1, R2], [F2, R2]);
    const just = new Map<Ipv4, number | undefined>([
      [R1, NOW - STEADY_MS + 1],
      [R2, undefined],
    ]);
    const early = plan({ healthy: just, previous });
    assert.deepEqual(routersOf(early), { [F1]: R2, [F2]: R2 });
    assert.equal(early.reviewAtMs, NOW + 1);
    const late = plan({ healthy: just, previous, nowMs: NOW + 1 });
    assert.deepEqual(routersOf(late), { [F1]: R1, [F2]: R2 });
    assert.equal(late.reviewAtMs, undefined);
  });

  test('goes to its own at once when that has only just become known', () => {
    assert.deepEqual(routersOf(plan({ previous: placed([F1, R2], [F2, R2]) })), {
      [F1]: R1,
      [F2]: R2,
    });
  });

  test('does not wait for its own router when the other has died too', () => {
    const healthy = new Map([[R1, NOW]]);
    const previous = placed([F1, R2], [F2, R2]);
    assert.deepEqual(routersOf(plan({ healthy, previous })), { [F1]: R1, [F2]: R1 });
  });

  test('leads nowhere when no router is healthy', () => {
    const nowhere = plan({ healthy: new Map(), previous: placed([F1, R1]) });
    assert.deepEqual(routersOf(nowhere), {});
  });
});
