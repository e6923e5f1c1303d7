import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseCidr, parseIpv4 } from '../core/address.ts';
import { conflictOf, isSenior } from './claim.ts';

function edge(id: string, host: string, pool: readonly string[]) {
  const floating = {
    pool: pool.map(parseCidr),
    outsideAddress: parseIpv4('198.51.100.1'),
    insideAddress: parseIpv4('10.0.0.1'),
    ports: [80],
    serving: [],
  };
  return { id, host, startedMs: 5, floating };
}

describe('conflictOf()', () => {
  const own = edge('edge-1', 'a', ['203.0.113.0/28', '203.0.113.32/28']);

  test('edges with pools of their own get along, also one without any', () => {
    const { floating: _, ...nameServer } = edge('edge-3', 'c', []);
    assert.equal(
      conflictOf(own, [edge('edge-2', 'b', ['203.0.113.16/28']), nameServer]),
      undefined,
    );
  });

  test('an overlap is told with the pool and who has it', () => {
    const conflict = conflictOf(own, [edge('edge-2', 'b', ['203.0.113.0/24'])]);
    assert.equal(conflict?.code, 'FLOATING_POOL_TAKEN');
    assert.deepEqual(conflict?.details, { pool: '203.0.113.0/28', edge: 'edge-2', host: 'b' });
  });

  test('the same id is this edge before a restart, unless it is on another machine', () => {
    assert.equal(conflictOf(own, [edge('edge-1', 'a', ['203.0.113.0/28'])]), undefined);
    assert.equal(conflictOf(own, [edge('edge-1', 'b', [])])?.code, 'EDGE_RUNNING_ELSEWHERE');
  });
});

test('isSenior() holds for exactly one of two', () => {
  const [one, two] = [edge('edge-1', 'a', []), edge('edge-2', 'b', [])];
  assert.deepEqual([isSenior(one, two), isSenior(two, one)], [true, false]);
  const early = { ...two, startedMs: 4 };
  assert.deepEqual([isSenior(one, early), isSenior(early, one)], [false, true]);
});
