import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { namesOfShortId, platformTag } from '../../src/hostnet/names.ts';
import {
  type Hop,
  type HopSide,
  type HopTable,
  hopTableSchema,
} from '../../src/proto/hop-table.ts';
import { Capture } from '../kit/capture.ts';
import { eventually } from '../kit/eventually.ts';
import { floatingIpOf, TestLab } from '../kit/lab.ts';
import { LabLoad } from '../kit/lab-load.ts';
import { root } from '../kit/platform.ts';
import { ends, hop, outline } from './traced.ts';

const example = join(root, 'examples/hello-node');
const APPS = ['shop', 'cart'] as const;
const INSTANCES = 3;
const ROUTERS = ['router-1', 'router-2'] as const;
const HOSTS = ['client', 'edge', 'router-1', 'router-2', 'dea-1', 'dea-2', 'dea-3'] as const;
const REQUESTS = 54;
const WORKERS = 4;
const AT_ONCE = 20;

/** A container: `name` as the trace calls it. */
interface Place {
  readonly name: string;
  readonly veth: string;
  readonly netns: string;
}

interface Traced {
  readonly target: string;
  readonly table: HopTable;
  readonly printedAtMs: number;
}

/** A head of a request (`→`) or of an answer (`←`) at a place; the text begins with the place's name. */
type Sighting = string;

describe('sprue trace in a lab of two routers and three DEAs', () => {
  let lab: TestLab;
  const places: Place[] = [];

  before(async () => {
    lab = await TestLab.start();
    const push = (app: string) =>
      lab.client('push', app, '-p', example, '-m', '64M', '-i', `${INSTANCES}`);
    await Promise.all(APPS.map(push));
    const deaOf = new Map(
      (await lab.status()).hosts.map(({ name, addresses }) => [addresses[0], name]),
    );
    for (const app of APPS) {
      for (const { index, network } of await lab.instances(app)) {
        assert.ok(network);
        const tag = platformTag(join(lab.dir, deaOf.get(network.host) ?? ''));
        const { netns } = namesOfShortId(tag, network.veth.slice(2));
        places.push({ name: `${app}/${index}`, veth: network.veth, netns });
      }
    }
    assert.equal(places.length, APPS.length * INSTANCES);
  });
  after(() => lab[Symbol.asyncDispose]());

  /** tcpdump on every host and in every container. */
  async function captureAll(stack: AsyncDisposableStack): Promise<ReadonlyMap<string, Capture>> {
    const where = [
      ...(await lab.status()).hosts
        .filter(({ name }) => HOSTS.some(host => host === name))
        .map(({ name, netns }) => ({ name, netns })),
      ...places,
    ];
    const started = where.map(
      async ({ name, netns }) => [name, stack.use(await Capture.start(netns))] as const,
    );
    const captures = new Map(await Promise.all(started));
    assert.equal(captures.size, HOSTS.length + places.length);
    return captures;
  }

  /** The n-th request: to each app and by each router's floating IP in turn, every third by DNS. */
  async function trace(n: number, topic: string): Promise<Traced> {
    const target = `/${topic}?n=${n}`;
    const app = APPS[Math.floor(n / 3) % APPS.length] ?? '';
    const router = ROUTERS[n % 3];
    const dial = router === undefined ? [] : ['--connect-to', floatingIpOf(router)];
    const url = `http://${app}.example.com${target}`;
    const printed = await lab.client('trace', url, '--json', ...dial);
    const printedAtMs = Date.now();
    const table = hopTableSchema.parse(JSON.parse(printed));
    assert.ok(table.verdict.ok, outline(table));
    if (router !== undefined) assert.equal(hop(table, 'router').where, router);
    assert.match(hop(table, 'app').where, new RegExp(`^${app}/[0-2]$`));
    return { target, table, printedAtMs };
  }

  /** Every hop of every table is what tcpdump saw of the same request, and it saw nothing else. Ends the captures. */
  async function compare(
    context: TestContext,
    traced: readonly Traced[],
    captures: ReadonlyMap<string, Capture>,
  ): Promise<void> {
    const told = traced.map(({ table }) => toldBy(table).toSorted());
    const seen = () => traced.map(({ target }) => seenOf(target, captures).toSorted());
    // tcpdump's lines come a moment later; a difference that stays is shown below
    await eventually(() => isDeepStrictEqual(seen(), told)).catch(() => {});
    for (const [place, capture] of captures)
      assert.equal(await capture.stop(), 0, `packets that tcpdump missed at ${place}`);
    for (const [index, sightings] of seen().entries()) {
      const { table, target } = traced[index] ?? assert.fail();
      assert.deepEqual(told[index], sightings, `${target}\n${outline(table)}`);
      assertDescribed(table, captures, target);
    }
    const hops = traced.reduce((sum, { table }) => sum + table.hops.length, 0);
    const packets = told.reduce((sum, { length }) => sum + length, 0);
    const late = latenciesMs(traced, captures);
    context.diagnostic(
      `${traced.length} requests, ${hops} hops, ${packets} captured packets compared; request to ` +
        `table: median ${middle(late)} ms, at most ${late.at(-1)} ms`,
    );
  }

  /** What no packet says by itself: the name's address, the pair's name, the instance. */
  function assertDescribed(
    table: HopTable,
    captures: ReadonlyMap<string, Capture>,
    target: string,
  ): void {
    const dialled = captures.get('client')?.of(target)[0]?.destination.split(':')[0] ?? '';
    const dns = table.hops.find(({ kind }) => kind === 'dns');
    if (dns !== undefined) assert.ok(textOf(dns.after).startsWith(dialled), outline(table));
    const place = places.find(({ name }) => captures.get(name)?.of(target).length === 1);
    assert.equal(hop(table, 'app').where, place?.name);
    assert.equal(textOf(hop(table, 'veth').after).split(' ')[0], place?.veth);
    const { source, destination } = ends(hop(table, 'connection').after);
    assert.equal(source.split(':')[0], routerAddress(table));
    assert.equal(textOf(hop(table, 'router').after), `endpoint ${destination}`);
  }

  function assertApart(traced: readonly Traced[]): void {
    assert.equal(new Set(traced.map(({ table }) => table.trace)).size, traced.length);
    assert.equal(new Set(traced.map(({ table }) => table.request.id)).size, traced.length);
  }

  test(`${REQUESTS} requests over all apps, instances and routers: the table equals the capture in every hop`, async context => {
    await using stack = new AsyncDisposableStack();
    const captures = await captureAll(stack);
    const traced: Traced[] = [];
    let next = 0;
    const work = async () => {
      while (next < REQUESTS) traced.push(await trace(next++, 'hop-by-hop'));
    };
    await Promise.all(Array.from({ length: WORKERS }, work));
    await compare(context, traced, captures);
    assertApart(traced);
    const reached = (kind: Hop['kind']) =>
      [...new Set(traced.map(({ table }) => hop(table, kind).where))].toSorted();
    assert.deepEqual(reached('router'), ROUTERS);
    assert.deepEqual(reached('host-nat'), ['dea-1', 'dea-2', 'dea-3']);
    assert.deepEqual(reached('app'), places.map(({ name }) => name).toSorted());
    assert.ok(middle(latenciesMs(traced, captures)) < 1_000, 'the table is there within a second');
  });

  test(`${AT_ONCE} traces at once under load do not mix`, async context => {
    await using stack = new AsyncDisposableStack();
    const captures = await captureAll(stack);
    const loads = await Promise.all(
      ROUTERS.map(async (router, n) => stack.use(await LabLoad.start(lab, APPS[n] ?? '', router))),
    );
    const traces = Array.from({ length: AT_ONCE }, (_, n) => trace(n, 'at-once'));
    const traced = await Promise.all(traces);
    for (const load of loads) {
      const { ok, failed, samples } = await load.stop();
      assert.ok(ok > 10, `${ok} requests of the load`);
      assert.equal(failed, 0, samples.join('\n'));
    }
    await compare(context, traced, captures);
    assertApart(traced);
  });

  test('afterwards nothing of the traces is in any kernel', async () => {
    for (const host of ['edge', 'dea-1', 'dea-2', 'dea-3'])
      await eventually(async () => !/trace/.test(await lab.exec(host, 'nft', 'list', 'tables')));
  });
});

/** What has to have been on the wires if the table is true. */
function toldBy(table: HopTable): Sighting[] {
  const { where: router } = hop(table, 'router');
  const { where: dea } = hop(table, 'host-nat');
  const { where: app } = hop(table, 'app');
  const [veth = ''] = textOf(hop(table, 'veth').after).split(' ');
  const there = (kind: Hop['kind'], side: 'before' | 'after') => hop(table, kind)[side];
  const back = (kind: Hop['kind'], side: 'before' | 'after') => hop(table, kind, 'return')[side];
  return [
    sighting('client', 'eth0', '→', ends(there('client', 'after'))),
    sighting('edge', 'outside', '→', ends(there('edge-nat', 'before'))),
    sighting('edge', 'inside', '→', ends(there('edge-nat', 'after'))),
    sighting(router, 'eth0', '→', ends(there('router', 'before'))),
    sighting(router, 'eth0', '→', ends(there('connection', 'after'))),
    sighting(dea, 'eth0', '→', ends(there('host-nat', 'before'))),
    sighting(dea, veth, '→', ends(there('host-nat', 'after'))),
    sighting(dea, veth, '→', ends(there('veth', 'before'))),
    sighting(app, 'eth0', '→', ends(there('app', 'before'))),
    sighting(app, 'eth0', '←', ends(back('host-nat', 'before'))),
    sighting(dea, veth, '←', ends(back('host-nat', 'before'))),
    sighting(dea, 'eth0', '←', ends(back('host-nat', 'after'))),
    sighting(router, 'eth0', '←', ends(back('router', 'before'))),
    sighting(router, 'eth0', '←', ends(back('router', 'after'))),
    sighting('edge', 'inside', '←', ends(back('edge-nat', 'before'))),
    sighting('edge', 'outside', '←', ends(back('edge-nat', 'after'))),
    sighting('client', 'eth0', '←', ends(back('client', 'before'))),
  ].filter((one, index, all) => all.indexOf(one) === index); // two hops may tell of one packet
}

/** What was on the wires of all hosts and containers. */
function seenOf(target: string, captures: ReadonlyMap<string, Capture>): Sighting[] {
  return [...captures].flatMap(([place, capture]) => [
    ...capture.of(target).map(packet => sighting(place, packet.device, '→', packet)),
    ...capture.answersTo(target).map(packet => sighting(place, packet.device, '←', packet)),
  ]);
}

function sighting(
  place: string,
  device: string,
  direction: '→' | '←',
  { source, destination }: { readonly source: string; readonly destination: string },
): Sighting {
  return `${place} ${device} ${direction} ${source} > ${destination}`;
}

/** From the request's first packet to the end of the command that prints the table; ascending. */
function latenciesMs(traced: readonly Traced[], captures: ReadonlyMap<string, Capture>): number[] {
  return traced
    .map(({ target, printedAtMs }) => {
      const [request] = captures.get('client')?.of(target) ?? [];
      assert.ok(request);
      return Math.round(printedAtMs - request.atMs);
    })
    .toSorted((a, b) => a - b);
}

function middle(ascending: readonly number[]): number {
  return ascending[Math.floor(ascending.length / 2)] ?? Number.NaN;
}

function routerAddress(table: HopTable): string {
  return `10.20.0.${10 + Number(hop(table, 'router').where.replace('router-', ''))}`;
}

function textOf(side: HopSide | null): string {
  return side?.type === 'text' ? side.text : '';
}
