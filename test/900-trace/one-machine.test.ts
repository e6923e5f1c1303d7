import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { namesOfShortId, platformTag } from '../../src/hostnet/names.ts';
import { Capture } from '../kit/capture.ts';
import { eventually } from '../kit/eventually.ts';
import { LAB } from '../kit/net-lab.ts';
import { root, TestPlatform } from '../kit/platform.ts';
import { ends, hop, outline, type Traced, trace } from './traced.ts';

const probeApp = join(root, 'test/fixtures/probe-app');
const APPS = ['shop', 'cart'] as const;
const INSTANCES = 2;
const REQUESTS = 52;
const AT_ONCE = 20;

interface Place {
  readonly veth: string;
  readonly netns: string;
  readonly containerIp: string;
  readonly hostPort: number;
  readonly place: string;
}

interface Captures {
  readonly host: Capture;
  /** By the host's end of the pair. */
  readonly inside: ReadonlyMap<string, Capture>;
}

describe('sprue trace on one machine', () => {
  let platform: TestPlatform;
  const places: Place[] = [];

  before(async () => {
    platform = await TestPlatform.start();
    for (const app of APPS) {
      await platform.ok(['push', app, '-p', probeApp, '-m', '128M', '-i', `${INSTANCES}`]);
      for (const { index, network } of await platform.instances(app)) {
        assert.ok(network);
        const { veth, container_ip: containerIp, host_port: hostPort } = network;
        const { netns } = namesOfShortId(platformTag(platform.stateDir), veth.slice(2));
        places.push({ veth, netns, containerIp, hostPort, place: `${app}/${index}` });
      }
    }
  });
  after(() => platform[Symbol.asyncDispose]());

  const tables = async () =>
    (await platform.lab.host.exec(['nft', 'list', 'tables'])).stdout.trim();
  const urlOf = (app: string, path: string) => `http://${platform.host(app)}${path}`;

  /** tcpdump in the host's namespace and in each container's. */
  async function captureAll(stack: AsyncDisposableStack, begin?: string): Promise<Captures> {
    const host = stack.use(await Capture.start(platform.lab.host.netns, begin));
    const inside = new Map<string, Capture>();
    for (const { veth, netns } of places) {
      inside.set(veth, stack.use(await Capture.start(netns, begin)));
    }
    return { host, inside };
  }

  /** Every address of the table is what tcpdump saw of the same request, in the host and in the container. */
  async function compare(
    { table, exitCode }: Traced,
    path: string,
    { host, inside }: Captures,
  ): Promise<string> {
    const context = outline(table);
    assert.equal(exitCode, 0, context);
    assert.ok(table.verdict.ok, context);
    const onPair = () => host.of(path).filter(({ device }) => device.startsWith('w-'));
    await eventually(() => onPair().length > 0); // tcpdump's lines come a moment later
    const dialled = ends(hop(table, 'client').after);
    const mapped = ends(hop(table, 'host-nat').after);
    const onLoopback = host.of(path).filter(({ device }) => device === 'lo');
    assert.ok(onLoopback.length > 0, context);
    for (const { source, destination } of onLoopback) {
      assert.deepEqual({ source, destination }, dialled);
      assert.deepEqual({ source, destination }, ends(hop(table, 'router').before));
    }
    for (const { source, destination } of onPair()) {
      assert.deepEqual({ source, destination }, mapped);
      assert.deepEqual({ source, destination }, ends(hop(table, 'app').before));
    }
    const device = onPair()[0]?.device ?? '';
    await eventually(() => (inside.get(device)?.of(path).length ?? 0) > 0);
    for (const [veth, capture] of inside) {
      const seen = capture.of(path).map(({ source, destination }) => ({ source, destination }));
      assert.deepEqual(seen, veth === device ? [mapped] : [], 'in one container only');
    }
    const veth = hop(table, 'veth').after;
    assert.equal(veth?.type === 'text' && veth.text.split(' ')[0], device);
    const place = places.find(each => each.veth === device);
    assert.equal(hop(table, 'app').where, place?.place);
    // Before the NAT the packet is never on a wire: the router dials from the same host.
    const connection = ends(hop(table, 'connection').after);
    assert.equal(connection.source, mapped.source);
    assert.equal(connection.destination, `${LAB.hostAddress}:${place?.hostPort}`);
    assert.equal(mapped.destination, `${place?.containerIp}:8080`);
    const back = ends(hop(table, 'host-nat', 'return').before);
    assert.deepEqual(back, { source: mapped.destination, destination: mapped.source });
    return place?.place ?? '';
  }

  test(`${REQUESTS} requests over all apps and instances: the table equals the capture in every hop`, async () => {
    await using stack = new AsyncDisposableStack();
    const captures = await captureAll(stack);
    const reached = new Set<string>();
    for (let n = 0; n < REQUESTS; n += 2) {
      const pair = [n, n + 1].map(async i => {
        const path = `/index?n=${i}`;
        const traced = await trace(platform, urlOf(APPS[i % 4 < 2 ? 0 : 1] ?? '', path));
        reached.add(await compare(traced, path, captures));
        const inner = ends(hop(traced.table, 'host-nat').after);
        const outer = ends(hop(traced.table, 'client').after);
        await eventually(() => captures.host.sawAnswer(inner.destination, inner.source));
        await eventually(() => captures.host.sawAnswer(outer.destination, outer.source));
      });
      await Promise.all(pair);
    }
    assert.equal(reached.size, places.length, [...reached].join());
  });

  test(`${AT_ONCE} traces at once under load do not mix`, async () => {
    await using stack = new AsyncDisposableStack();
    const captures = await captureAll(stack, '/ind');
    const load = platform.load('shop', { connections: 4, path: '/' });
    try {
      const traces = Array.from({ length: AT_ONCE }, async (_, n) => {
        const path = `/index?at-once=${n}`;
        await compare(await trace(platform, urlOf(APPS[n % 2] ?? '', path)), path, captures);
      });
      await Promise.all(traces);
    } finally {
      const { failed, samples } = await load.stop();
      assert.equal(failed, 0, samples.join('\n'));
    }
  });

  test('between traces nothing of them is there', async () => {
    await eventually(async () => (await tables()) === 'table inet sprue');
  });

  test('an app that listens on loopback: refused there, with what listens instead', async () => {
    const folder = join(root, 'test/fixtures/loopback-app');
    await platform.ok(['push', 'shy', '-p', folder, '-m', '128M', '-u', 'process']);
    const { table, exitCode } = await trace(platform, urlOf('shy', '/'));
    const app = hop(table, 'app');
    assert.equal(exitCode, 6, outline(table));
    assert.deepEqual([app.state, app.where], ['refused', 'shy/0']);
    assert.match(app.expected ?? '', /0\.0\.0\.0:8080/);
    assert.match(app.found ?? '', /pid \d+\) listens on 127\.0\.0\.1:8080/);
    assert.equal(hop(table, 'host-nat').state, 'seen');
    assert.deepEqual(ends(hop(table, 'host-nat').after).destination.split(':')[1], '8080');
    assert.equal(table.request.status, 502);
  });

  test('a host port whose mapping is gone leads nowhere, and the table says so', async () => {
    const [instance] = await platform.instances('shy');
    const element = `{ tcp . ${instance?.network?.host_port} }`;
    const nft = (verb: string, what: string) =>
      platform.lab.host.exec(['nft', verb, 'element', 'inet', 'sprue', 'ports', what]);
    await nft('delete', element);
    const { table, exitCode } = await trace(platform, urlOf('shy', '/'));
    assert.equal(exitCode, 6);
    const nat = hop(table, 'host-nat');
    assert.deepEqual([nat.state, nat.after], ['refused', null], outline(table));
    assert.match(nat.expected ?? '', /an element for tcp \. \d+/);
  });

  test('a rule of somebody else that drops the packet is named', async () => {
    await platform.ok(['restart', 'shy']);
    const [instance] = await platform.instances('shy');
    const rules = `table ip other {
      chain out {
        type filter hook output priority 10; policy accept;
        ip daddr ${instance?.network?.container_ip} tcp dport 8080 drop
      }
    }`;
    await platform.lab.host.exec(['nft', '-f', '-'], { input: rules });
    try {
      const { table } = await trace(platform, urlOf('shy', '/'));
      const nat = hop(table, 'host-nat');
      assert.equal(nat.state, 'refused', outline(table));
      assert.match(nat.found ?? '', /tcp dport 8080 drop .*\(ip other, chain out\)/);
    } finally {
      await platform.lab.host.exec(['nft', 'delete', 'table', 'ip', 'other']);
    }
  });

  test('an unknown route and a stopped app end at the router', async () => {
    const unknown = await trace(platform, urlOf('nobody', '/'));
    assert.equal(unknown.exitCode, 6);
    assert.match(hop(unknown.table, 'router').found ?? '', /404 unknown_route/);
    await platform.ok(['stop', 'cart']);
    const stopped = await trace(platform, urlOf('cart', '/'));
    assert.equal(stopped.exitCode, 6);
    assert.match(hop(stopped.table, 'router').found ?? '', /no_endpoints|unknown_route/);
    assert.ok(!stopped.table.hops.some(({ kind }) => kind === 'host-nat'));
  });

  test('pictures of each place show the same connections', async () => {
    const { table } = await trace(platform, urlOf('shop', '/'), '--figures');
    const { source, destination } = ends(hop(table, 'connection').after);
    const text = (kind: 'router' | 'host-nat' | 'app') =>
      hop(table, kind)
        .figures.map(item => item.text)
        .join('\n');
    assert.match(text('router'), new RegExp(`${source}\\s+${destination}`));
    assert.match(text('router'), /:80\b/);
    assert.match(text('host-nat'), /map ports/);
    assert.match(text('host-nat'), /dnat ip to .* map @ports/);
    assert.match(text('app'), /default via 169\.254\.0\.1 dev eth0/);
    assert.match(text('app'), new RegExp(ends(hop(table, 'host-nat').after).destination));
  });

  test('what a killed agent left in the kernel is gone after its next start', async () => {
    const leftover = 'table inet sprue-trace-dea {\n chain x { }\n}\n';
    await platform.killUp('SIGKILL');
    await platform.lab.host.exec(['nft', '-f', '-'], { input: leftover });
    await platform.up();
    await eventually(async () => (await tables()) === 'table inet sprue');
    const { table, exitCode } = await trace(platform, urlOf('shop', '/'));
    assert.equal(exitCode, 0, outline(table));
  });
});
