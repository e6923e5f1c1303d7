import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { registryMessage } from '../../../test/kit/registry-message.ts';
import { Endpoint, endpointKey } from './endpoint.ts';
import { EndpointPool, FAILURE_BACKOFF_MS } from './endpoint-pool.ts';

function poolOf(count: number): { pool: EndpointPool; endpoints: Endpoint[] } {
  const pool = new EndpointPool('a.test');
  const endpoints = Array.from({ length: count }, (_, index) => {
    const port = 61_001 + index;
    const message = registryMessage({ uris: ['a.test'], port });
    return new Endpoint(endpointKey('10.0.0.1', port), message);
  });
  for (const endpoint of endpoints) pool.add(endpoint);
  return { pool, endpoints };
}

describe('EndpointPool.pick', () => {
  test('visits every endpoint before one comes again', () => {
    const { pool, endpoints } = poolOf(5);
    for (let round = 0; round < 3; round++) {
      const seen = new Set(endpoints.map(() => pool.pick([])));
      assert.equal(seen.size, 5);
    }
  });

  test('starts anywhere', () => {
    const first = new Set<number>();
    for (let trial = 0; trial < 200; trial++) {
      const { pool, endpoints } = poolOf(3);
      first.add(endpoints.indexOf(pool.pick([]) as Endpoint));
    }
    assert.equal(first.size, 3);
  });

  test('gives nothing when the pool is empty or everything was tried', () => {
    const { pool, endpoints } = poolOf(2);
    assert.equal(pool.pick(endpoints), undefined);
    assert.equal(new EndpointPool('a.test').pick([]), undefined);
  });

  test('passes over what failed until the back-off is over', t => {
    t.mock.timers.enable({ apis: ['Date'], now: 1_000_000 });
    const { pool, endpoints } = poolOf(2);
    const [bad, good] = endpoints as [Endpoint, Endpoint];
    pool.markFailed(bad);
    for (let turn = 0; turn < 4; turn++) assert.equal(pool.pick([]), good);
    t.mock.timers.tick(FAILURE_BACKOFF_MS + 1);
    assert.deepEqual(new Set([pool.pick([]), pool.pick([])]), new Set(endpoints));
  });

  test('tries failed ones again, in turn, when all that is left has failed', () => {
    const { pool, endpoints } = poolOf(3);
    for (const endpoint of endpoints) pool.markFailed(endpoint);
    const first = pool.pick([]) as Endpoint;
    assert.equal(first.failedUntilMs, 0);
    assert.equal(new Set([first, pool.pick([]), pool.pick([])]).size, 3);
  });

  test('clears only the marks of what was not tried yet', () => {
    const { pool, endpoints } = poolOf(2);
    const [tried, left] = endpoints as [Endpoint, Endpoint];
    pool.markFailed(tried);
    pool.markFailed(left);
    assert.equal(pool.pick([tried]), left);
    assert.notEqual(tried.failedUntilMs, 0);
  });

  test('stays fair when an endpoint leaves', () => {
    const { pool, endpoints } = poolOf(4);
    const first = pool.pick([]) as Endpoint;
    pool.remove(first);
    const rest = endpoints.filter(endpoint => endpoint !== first);
    assert.deepEqual(new Set(rest.map(() => pool.pick([]))), new Set(rest));
  });
});
