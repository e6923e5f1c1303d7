import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Bus } from '../../src/bus/bus.ts';
import { silentLog } from '../../src/core/log.ts';
import { dig } from '../kit/dig.ts';
import { eventually } from '../kit/eventually.ts';
import { startNatsServer } from '../kit/nats-server.ts';
import type { NetWorker } from '../kit/net-worker-client.ts';
import { EDGE_LAB, enterEdgeLab } from './edge-lab.ts';
import { type FakeRouter, startFakeRouter } from './fake-router.ts';
import { type Buckets, DOMAIN, openBuckets, openEdge } from './open-edge.ts';

const lab = await enterEdgeLab(import.meta.filename);

const [F1, F2] = ['203.0.113.1', '203.0.113.2'] as const;
/** The bar: from the death of the router to the next good answer. */
const MOVED_WITHIN_MS = 3_000;

const resources = new AsyncDisposableStack();
let bus: Bus;
let buckets: Buckets;
let client: NetWorker;
let bystander: NetWorker;

before(async () => {
  const nats = resources.use(await startNatsServer());
  bus = resources.use(await Bus.connect({ servers: [nats.url], name: 'test', log: silentLog }));
  buckets = await openBuckets(bus);
  client = resources.use(await lab.client.worker());
  bystander = resources.use(await lab.client.worker());
});
after(() => resources.disposeAsync());

async function routerBehind(floating: string): Promise<string> {
  const reached = await client.connectTcp({ host: floating, port: 443, timeoutMs: 250 });
  if (!reached.ok) return reached.code;
  await client.close({ handle: reached.handle });
  return reached.servedBy;
}

/** Two routers, two floating IPs, each on its own router. */
async function openPair() {
  await using opened = new AsyncDisposableStack();
  const router1 = opened.use(await startFakeRouter(lab.router1, 'router-1', bus));
  const router2 = opened.use(await startFakeRouter(lab.router2, 'router-2', bus));
  const edge = opened.use(await openEdge(lab, bus, buckets));
  await buckets.allocate(F1, EDGE_LAB.router1);
  await buckets.allocate(F2, EDGE_LAB.router2);
  await eventually(async () => (await routerBehind(F1)) === EDGE_LAB.router1, 8_000);
  await eventually(async () => (await routerBehind(F2)) === EDGE_LAB.router2, 8_000);
  const all = opened.move();
  return { router1, router2, edge, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

async function millisecondsUntil(condition: () => Promise<boolean>): Promise<number> {
  const startMs = performance.now();
  await eventually(condition, 12_000);
  return performance.now() - startMs;
}

/** Keeps a connection busy; `disturbed` says why it broke. */
function keepBusy(worker: NetWorker, handle: number) {
  const state = { disturbed: undefined as string | undefined, stopped: false, echoes: 0 };
  const run = (async () => {
    while (!state.stopped && state.disturbed === undefined) {
      const echoed = await worker.echo({ handle, text: 'x', timeoutMs: 1_000 });
      if (echoed.ok) state.echoes++;
      else state.disturbed = echoed.code;
      await delay(20);
    }
  })();
  return {
    state,
    async stop() {
      state.stopped = true;
      await run;
    },
  };
}

test('a router that cannot be reached any more: its floating IP moves, others notice nothing; it comes back later', async () => {
  await using _ = await openPair();
  const old = await client.connectTcp({ host: F1, port: 443 });
  const other = await bystander.connectTcp({ host: F2, port: 443 });
  assert.ok(old.ok && other.ok);
  const busy = keepBusy(bystander, other.handle);

  await lab.cut('router1');
  const ms = await millisecondsUntil(async () => (await routerBehind(F1)) === EDGE_LAB.router2);
  assert.ok(ms <= MOVED_WITHIN_MS, `moved after ${Math.round(ms)} ms`);
  const cut = await client.echo({ handle: old.handle, text: 'x', timeoutMs: 2_000 });
  assert.ok(
    !cut.ok && cut.code !== 'TIMEOUT',
    `an old connection is reset: ${JSON.stringify(cut)}`,
  );
  assert.equal(await routerBehind(F2), EDGE_LAB.router2);

  await lab.heal('router1');
  const during = await client.connectTcp({ host: F1, port: 443 });
  assert.ok(during.ok && during.servedBy === EDGE_LAB.router2, 'not before it has proved itself');
  const backMs = await millisecondsUntil(async () => (await routerBehind(F1)) === EDGE_LAB.router1);
  assert.ok(backMs > 2_000, `came back after ${Math.round(backMs)} ms already`);
  const kept = await client.echo({ handle: during.handle, text: 'x' });
  assert.ok(kept.ok, 'going back cuts nobody off');
  await busy.stop();
  assert.equal(busy.state.disturbed, undefined);
  assert.ok(busy.state.echoes > 50, `${busy.state.echoes} echoes`);
});

test('a router whose process dies is refused by its machine: the floating IP moves as fast', async () => {
  await using pair = await openPair();
  await pair.router1[Symbol.asyncDispose]();
  const ms = await millisecondsUntil(async () => (await routerBehind(F1)) === EDGE_LAB.router2);
  assert.ok(ms <= MOVED_WITHIN_MS, `moved after ${Math.round(ms)} ms`);
});

async function cutsNobodyOff(end: (router: FakeRouter) => void): Promise<void> {
  await using pair = await openPair();
  const standing = await bystander.connectTcp({ host: F1, port: 443 });
  assert.ok(standing.ok);
  const busy = keepBusy(bystander, standing.handle);
  end(pair.router1);
  await eventually(async () => (await routerBehind(F1)) === EDGE_LAB.router2);
  await delay(200);
  await busy.stop();
  assert.equal(busy.state.disturbed, undefined);
}

test('a router that drains gets no new connections and keeps those it has', () =>
  cutsNobodyOff(router => router.drain()));

test('so does one that says good-bye', () => cutsNobodyOff(router => router.leave()));

test('when the last router is gone: refused at once, names without address; back as soon as one is', async () => {
  await using pair = await openPair();
  const addresses = async () => {
    const { answer, status } = await dig(
      { address: EDGE_LAB.outside, port: 53 },
      `x.${DOMAIN}`,
      'A',
    );
    return `${status} ${answer
      .map(line => line.split(' ').at(-1))
      .toSorted()
      .join()}`;
  };
  assert.equal(await addresses(), `NOERROR ${F1},${F2}`);
  await Promise.all([pair.router1[Symbol.asyncDispose](), pair.router2[Symbol.asyncDispose]()]);
  await eventually(async () => (await addresses()) === 'NOERROR ', MOVED_WITHIN_MS);
  await eventually(async () => (await routerBehind(F1)) === 'ECONNREFUSED');
  await using _ = await startFakeRouter(lab.router2, 'router-2', bus);
  await eventually(async () => (await routerBehind(F1)) === EDGE_LAB.router2, MOVED_WITHIN_MS);
  assert.equal(await addresses(), `NOERROR ${F1},${F2}`);
});
