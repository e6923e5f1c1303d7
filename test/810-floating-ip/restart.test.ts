import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Bus } from '../../src/bus/bus.ts';
import { parseCidr, parseIpv4 } from '../../src/core/address.ts';
import { hasCode } from '../../src/core/errors.ts';
import { silentLog } from '../../src/core/log.ts';
import { Edge } from '../../src/edge/edge.ts';
import { run } from '../../src/exec/run.ts';
import type { EdgeLease } from '../../src/proto/edge.ts';
import { eventually } from '../kit/eventually.ts';
import { assertNoLeak, readMachine } from '../kit/leak-check.ts';
import { startNatsServer } from '../kit/nats-server.ts';
import type { NetWorker } from '../kit/net-worker-client.ts';
import { EDGE_LAB, enterEdgeLab } from './edge-lab.ts';
import { startFakeRouter } from './fake-router.ts';
import { type Buckets, edgeOptions, openBuckets, openEdge } from './open-edge.ts';

const lab = await enterEdgeLab(import.meta.filename);

const F1 = '203.0.113.1';

const resources = new AsyncDisposableStack();
let bus: Bus;
let buckets: Buckets;
let client: NetWorker;

before(async () => {
  const nats = resources.use(await startNatsServer());
  bus = resources.use(await Bus.connect({ servers: [nats.url], name: 'test', log: silentLog }));
  buckets = await openBuckets(bus);
  client = resources.use(await lab.client.worker());
  resources.use(await startFakeRouter(lab.router1, 'router-1', bus));
  resources.use(await startFakeRouter(lab.router2, 'router-2', bus));
});
after(() => resources.disposeAsync());

async function routerBehind(floating: string): Promise<string> {
  const reached = await client.connectTcp({ host: floating, port: 443, timeoutMs: 500 });
  return reached.ok ? reached.servedBy : reached.code;
}

/** Elements of the maps, as nft prints them. */
async function maps(): Promise<string> {
  const list = async (name: string) =>
    (await run(['nft', 'list', 'map', 'inet', 'sprue-edge', name])).stdout;
  return (await list('to_router')) + (await list('to_floating'));
}

describe('an edge that starts again', () => {
  test('packets flow without it; it goes on with what the kernel has', async () => {
    await using open = await openEdge(lab, bus, buckets);
    await buckets.allocate(F1, EDGE_LAB.router1);
    await eventually(async () => (await routerBehind(F1)) === EDGE_LAB.router1);
    const standing = await client.connectTcp({ host: F1, port: 443 });
    assert.ok(standing.ok);
    const before = await maps();

    await open.edge.stop({ leaveTraffic: true });
    assert.equal(await routerBehind(F1), EDGE_LAB.router1, 'new connections');
    open.edge = await Edge.start(open.options);
    assert.equal(await maps(), before);
    const kept = await client.echo({ handle: standing.handle, text: 'still here' });
    assert.ok(kept.ok, 'old connections');
  });

  test('without its memory it reads the maps, and keeps what leads to a healthy router', async () => {
    await using open = await openEdge(lab, bus, buckets);
    await buckets.allocate(F1, EDGE_LAB.router1);
    await eventually(async () => (await routerBehind(F1)) === EDGE_LAB.router1);
    await open.edge.stop({ leaveTraffic: true });
    await rm(join(open.options.stateDir, 'edge-state.json'));
    const before = await maps();
    open.edge = await Edge.start(open.options);
    assert.equal(await maps(), before);
    assert.equal(await routerBehind(F1), EDGE_LAB.router1);
  });

  test('what was released meanwhile is gone', async () => {
    await using open = await openEdge(lab, bus, buckets);
    await buckets.allocate(F1, EDGE_LAB.router1);
    await eventually(async () => (await routerBehind(F1)) === EDGE_LAB.router1);
    await open.edge.stop({ leaveTraffic: true });
    await buckets.release(F1);
    open.edge = await Edge.start(open.options);
    await eventually(async () => !(await run(['ip', '-4', 'address'])).stdout.includes(F1));
    assert.ok(!(await maps()).includes(F1));
  });
});

describe('an edge that must not be', () => {
  async function refuses(
    code: Parameters<typeof hasCode>[1],
    changes: Partial<Parameters<typeof Edge.start>[0]>,
  ): Promise<void> {
    const stateDir = await mkdtemp(join(tmpdir(), 'sprue-edge-'));
    const scope = { netns: lab.edge.netns };
    const before = await readMachine(scope);
    try {
      await assert.rejects(Edge.start({ ...edgeOptions(bus, stateDir), ...changes }), thrown =>
        hasCode(thrown, code),
      );
      await assertNoLeak(before, scope);
    } finally {
      await rm(stateDir, { recursive: true, force: true });
    }
  }

  function foreignLease(changes: Partial<EdgeLease> & { pool: string }): EdgeLease {
    const { pool, ...rest } = changes;
    return {
      id: 'edge-9',
      host: 'another-machine',
      startedMs: Date.now() - 60_000,
      floating: {
        pool: [parseCidr(pool)],
        outsideAddress: parseIpv4('198.51.100.9'),
        insideAddress: parseIpv4('10.30.0.9'),
        ports: [80],
        serving: [],
      },
      routers: [],
      serial: 1,
      dns: { server: { name: 'ns.example.com', addresses: [], port: 53 }, zones: [] },
      ...rest,
    };
  }

  test('another has the same addresses: refused, nothing left', async () => {
    await buckets.edges.put('edge-9', foreignLease({ pool: '203.0.113.0/24' }));
    await refuses('FLOATING_POOL_TAKEN', {});
    await buckets.edges.delete('edge-9');
  });

  test('its id runs on another machine', async () => {
    await buckets.edges.put('edge-1', foreignLease({ id: 'edge-1', pool: '192.0.2.0/24' }));
    await refuses('EDGE_RUNNING_ELSEWHERE', {});
    await buckets.edges.delete('edge-1');
  });

  test('an older edge with the same addresses turns up later: this one lets go, until it is gone', async () => {
    await using _ = await openEdge(lab, bus, buckets);
    await buckets.allocate(F1, EDGE_LAB.router1);
    await eventually(async () => (await routerBehind(F1)) === EDGE_LAB.router1);
    await buckets.edges.put('edge-9', foreignLease({ pool: '203.0.113.0/24' }));
    await eventually(async () => !(await run(['ip', '-4', 'address'])).stdout.includes(F1));
    const lease = (await buckets.edges.get('edge-1'))?.value;
    assert.match(lease?.floating?.problem ?? '', /belong to the edge edge-9 on another-machine/);
    await buckets.edges.delete('edge-9');
    await eventually(async () => (await routerBehind(F1)) === EDGE_LAB.router1);
  });

  test('another edge is on this machine', async () => {
    await using open = await openEdge(lab, bus, buckets);
    const dns = { addresses: [parseIpv4('127.0.0.1')] };
    await refuses('EDGE_TABLE_OWNED', { edgeId: 'edge-2', dns });
    assert.ok(open.edge);
  });

  test('its addresses are not this machine’s, or on one interface', async () => {
    const { floating } = edgeOptions(bus, '');
    assert.ok(floating);
    const foreign = { ...floating, outsideAddress: parseIpv4('198.51.100.77') };
    await refuses('ADDRESS_NOT_LOCAL', { floating: foreign });
    const one = { ...floating, outsideAddress: floating.insideAddress };
    await refuses('EDGE_INTERFACES_EQUAL', { floating: one });
  });
});

test('tearDown() needs nothing but the kernel, and may be called twice', async () => {
  const stateDir = await mkdtemp(join(tmpdir(), 'sprue-edge-'));
  const scope = { netns: lab.edge.netns, folders: [stateDir] };
  const before = await readMachine(scope);
  const options = edgeOptions(bus, stateDir);
  const edge = await Edge.start(options);
  await buckets.allocate(F1, EDGE_LAB.router1);
  await eventually(async () => (await routerBehind(F1)) === EDGE_LAB.router1);
  await edge.stop({ leaveTraffic: true });
  await rm(join(stateDir, 'edge-state.json'));
  await Edge.tearDown(options);
  await Edge.tearDown(options);
  await assertNoLeak(before, scope);
  await buckets.releaseAll();
  await rm(stateDir, { recursive: true });
});
