import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Bus } from '../../src/bus/bus.ts';
import { KvBucket } from '../../src/bus/kv-bucket.ts';
import { parseCidr, parseIpv4 } from '../../src/core/address.ts';
import {
  EDGE_KV,
  type EdgeLease,
  edgeLeaseSchema,
  floatingIpSchema,
} from '../../src/proto/edge.ts';
import { SUBJECTS } from '../../src/proto/subjects.ts';
import { eventually } from '../kit/eventually.ts';
import { startPlatform, type TestPlatform } from './kit/platform.ts';

const PATH = '/sprue/v1/floating_ips';

function lease(changes: Partial<NonNullable<EdgeLease['floating']>> = {}): EdgeLease {
  return {
    id: 'edge-1',
    host: 'edge',
    startedMs: 1,
    floating: {
      pool: [parseCidr('203.0.113.0/30')],
      outsideAddress: parseIpv4('198.51.100.1'),
      insideAddress: parseIpv4('10.0.0.1'),
      ports: [80],
      serving: [],
      ...changes,
    },
    routers: [],
    serial: 1,
    dns: { server: { name: 'ns.example.test', addresses: [], port: 53 }, zones: [] },
  };
}

/** Says what an edge says, until the controller has heard it. */
async function edgeSays(platform: TestPlatform, value: EdgeLease): Promise<void> {
  const bucket = await KvBucket.open(platform.bus, {
    name: EDGE_KV.edges,
    decode: json => edgeLeaseSchema.parse(json),
  });
  await bucket.put(value.id, value);
  await platform.api.until(PATH, list => list.pools.length === (value.floating?.pool.length ?? 0));
  await platform.api.until('/sprue/v1/dns', ({ edges }) => edges.length === 1);
}

async function routerSays(platform: TestPlatform, name: string, host: string): Promise<void> {
  const presence = { id: `0-${name}`, host, port: 80, name };
  platform.bus.publish(SUBJECTS.routerAlive, presence);
  await platform.api.until('/sprue/v1/status', ({ routers }) =>
    routers.some((router: { host: string }) => router.host === host),
  );
}

async function stored(bus: Bus): Promise<string[]> {
  const bucket = await KvBucket.open(bus, {
    name: EDGE_KV.floatingIps,
    decode: json => floatingIpSchema.parse(json),
  });
  const entries = await Promise.all((await bucket.keys()).toSorted().map(key => bucket.get(key)));
  return entries.flatMap(entry => (entry ? [`${entry.value.address} ${entry.value.router}`] : []));
}

/** Status, code and sentence of a refusal. */
function refusal({
  status,
  body,
}: {
  status: number;
  body: { errors: { detail: string; sprue: { code: string } }[] };
}) {
  return [status, body.errors[0]?.sprue.code, body.errors[0]?.detail];
}

describe('floating IPs', () => {
  test('allocate, associate, disassociate, release', async () => {
    await using platform = await startPlatform();
    const { api, bus } = platform;
    await edgeSays(platform, lease());
    await routerSays(platform, 'router-1', '10.0.0.11');

    const first = await api.post(PATH, {});
    assert.deepEqual(
      [first.status, first.body.address, first.body.state],
      [201, '203.0.113.1', 'unassociated'],
    );
    const second = await api.post(PATH, { router: 'router-1' });
    assert.deepEqual(second.body.router, { address: '10.0.0.11', name: 'router-1' });
    assert.equal(second.body.state, 'no-router', 'the edge has not said that it serves');
    assert.deepEqual(await stored(bus), ['203.0.113.1 null', '203.0.113.2 10.0.0.11']);

    const full = await api.post(PATH, {});
    assert.deepEqual(refusal(full), [
      422,
      'FLOATING_POOL_EXHAUSTED',
      'All floating IPs are allocated (203.0.113.0/30).',
    ]);
    const named = await api.post(PATH, { address: '203.0.113.3' });
    assert.equal(named.status, 201, 'the end of a network, asked for by name');

    await api.patch(`${PATH}/203.0.113.1`, { router: '10.0.0.11' });
    await api.patch(`${PATH}/203.0.113.2`, { router: null });
    assert.equal((await api.delete(`${PATH}/203.0.113.3`)).status, 204);
    assert.deepEqual(await stored(bus), ['203.0.113.1 10.0.0.11', '203.0.113.2 null']);
  });

  test('the list tells what the edge does with them', async () => {
    await using platform = await startPlatform();
    const { api } = platform;
    await edgeSays(platform, lease());
    await routerSays(platform, 'router-1', '10.0.0.11');
    await api.post(PATH, { router: 'router-1' });
    await api.post(PATH, { router: 'router-1' });
    const serving = [
      { address: parseIpv4('203.0.113.1'), router: parseIpv4('10.0.0.11'), sinceMs: 0 },
      { address: parseIpv4('203.0.113.2'), router: parseIpv4('10.0.0.12'), sinceMs: 0 },
    ];
    await edgeSays(platform, lease({ serving }));
    const list = await api.until(PATH, ({ resources }) => resources[0].serving !== null);
    const { resources, pools } = list;
    assert.deepEqual(
      resources.map(({ address, state }: { address: string; state: string }) => [address, state]),
      [
        ['203.0.113.1', 'serving'],
        ['203.0.113.2', 'moved'],
      ],
    );
    assert.deepEqual(pools, [{ edge: 'edge-1', network: '203.0.113.0/30', size: 4, allocated: 2 }]);
    await edgeSays(platform, lease({ problem: 'Another edge has them.' }));
    await eventually(async () => (await api.get(PATH)).body.resources[0].state === 'no-edge');
  });

  test('refusals say what is wrong', async () => {
    await using platform = await startPlatform();
    const { api } = platform;
    const none = await api.post(PATH, {});
    assert.deepEqual(refusal(none), [503, 'EDGE_MISSING', 'There is no edge with floating IPs.']);
    await edgeSays(platform, lease({ outsideAddress: parseIpv4('203.0.113.2') }));
    const cases: readonly [object, number, string][] = [
      [{ address: '203.0.113.9' }, 422, 'FLOATING_IP_OUTSIDE_POOL'],
      [{ address: '203.0.113.2' }, 422, 'FLOATING_IP_RESERVED'],
      [{ address: 'one' }, 422, 'BODY_INVALID'],
      [{ addres: '203.0.113.1' }, 422, 'BODY_INVALID'],
      [{ router: 'router-9' }, 422, 'ROUTER_UNKNOWN'],
    ];
    for (const [body, status, code] of cases) {
      assert.deepEqual(refusal(await api.post(PATH, body)).slice(0, 2), [status, code]);
    }
    assert.equal((await api.post(PATH, { address: '203.0.113.1' })).status, 201);
    const taken = refusal(await api.post(PATH, { address: '203.0.113.1' }));
    assert.deepEqual(taken.slice(0, 2), [422, 'FLOATING_IP_IN_USE']);
    for (const unknown of [
      await api.patch(`${PATH}/203.0.113.3`, { router: null }),
      await api.delete(`${PATH}/203.0.113.3`),
    ]) {
      assert.deepEqual(refusal(unknown).slice(0, 2), [404, 'FLOATING_IP_UNKNOWN']);
    }
    assert.equal((await api.delete(`${PATH}/x`)).status, 422);
  });

  test('of many who allocate at once nobody gets another’s', async () => {
    await using platform = await startPlatform();
    await edgeSays(platform, lease({ pool: [parseCidr('203.0.113.0/28')] }));
    const answers = await Promise.all(
      Array.from({ length: 14 }, () => platform.api.post(PATH, {})),
    );
    assert.equal(new Set(answers.map(({ body }) => body.address)).size, 14);
  });
});
