import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Ipv4, Port } from '../../src/core/address.ts';
import { parseCidr } from '../../src/core/address.ts';
import { silentLog } from '../../src/core/log.ts';
import { formatRuleset } from '../../src/edge/floating-ip/ruleset.ts';
import { run } from '../../src/exec/run.ts';
import type { Attachment } from '../../src/hostnet/host-network.ts';
import { MAX_ARMED_TRACES } from '../../src/proto/trace-limits.ts';
import { DeaCollector } from '../../src/trace/collect/dea-collector.ts';
import { EdgeCollector } from '../../src/trace/collect/edge-collector.ts';
import { HostCollector } from '../../src/trace/collect/host-collector.ts';
import { type OpenNetwork, openNetwork } from '../100-hostnet/open-network.ts';
import { enterLab } from '../kit/enter-lab.ts';
import { eventually } from '../kit/eventually.ts';
import { LAB, labNode } from '../kit/net-lab.ts';
import type { NetWorker } from '../kit/net-worker-client.ts';
import { address, flow, TraceDesk } from './open-trace.ts';

const lab = await enterLab(import.meta.filename);

let desk: TraceDesk;
let client: NetWorker;
before(async () => {
  desk = await TraceDesk.open();
  client = await lab.outside.worker();
});
after(async () => {
  await client[Symbol.asyncDispose]();
  await desk[Symbol.asyncDispose]();
});

async function tables(): Promise<string[]> {
  const { stdout } = await run(['nft', 'list', 'tables']);
  return stdout.split('\n').filter(line => line.includes('trace'));
}

/** Programs that this process started and that still run. */
function children(): string[] {
  const pids = readdirSync('/proc/self/task').flatMap(tid =>
    readFileSync(`/proc/self/task/${tid}/children`, 'utf8').split(' ').filter(Boolean),
  );
  return pids.map(pid => readFileSync(`/proc/${pid}/comm`, 'utf8').trim());
}

async function nothingIsLeft(): Promise<void> {
  await eventually(async () => (await tables()).length === 0 && !children().includes('nft'));
}

describe('on a DEA’s host', () => {
  let net: OpenNetwork;
  let attachment: Attachment;
  let collector: HostCollector;
  const resources = new AsyncDisposableStack();
  const hostPort = () => attachment.mapping?.hostPort ?? 0;
  let port = 20_000;

  before(async () => {
    net = resources.use(
      await openNetwork(lab, { clients: [parseCidr(`${LAB.clientAddress}/32`)] }),
    );
    attachment = await net.container();
    collector = await startDeaCollector();
    resources.defer(() => collector.stop());
  });
  after(() => resources.disposeAsync());

  async function startDeaCollector(): Promise<HostCollector> {
    const bus = await desk.connect();
    resources.defer(() => bus.close());
    const warden = { list: async () => [] };
    const { network: hostnet } = net;
    const dea = new DeaCollector({
      ...{ deaId: 'dea-1', address: LAB.hostAddress, hostnet, warden, log: silentLog },
    });
    const started = await HostCollector.start({
      ...{ bus, agent: 'dea-1', collector: dea, log: silentLog },
    });
    await bus.flush();
    return started;
  }

  /** Dials a host port as a router would, and tells of it. */
  async function dial(to: number, changes: { localAddress?: string; announceOnly?: boolean } = {}) {
    const source = `${changes.localAddress ?? LAB.clientAddress}:${++port}`;
    const way = flow(source, `${LAB.hostAddress}:${to}`);
    const id = await desk.start(way, { appGuids: [attachment.appGuid] });
    const { host: localAddress, port: localPort } = way.source;
    const reached = changes.announceOnly
      ? undefined
      : await client.connectTcp({ host: LAB.hostAddress, port: to, localAddress, localPort });
    desk.tellRouter(id, way, [
      {
        ...{ n: 1, endpoint: way.destination, local: way.source, reused: false },
        ...{ appGuid: attachment.appGuid, index: 0, instanceId: attachment.instanceId },
        outcome: reached?.ok ? 'answered' : 'dial_refused',
      },
    ]);
    return { id, way, reached };
  }

  test('a connection that a known router dials: NAT, route, listener and both ends', async () => {
    await using inside = await labNode(attachment.netns, attachment.containerIp).worker();
    await inside.listenTcp({ host: '0.0.0.0', port: 8080 });
    const { id, way, reached } = await dial(hostPort());
    assert.ok(reached?.ok);
    const nat = await desk.first(id, 'dea-nat');
    const mapped = { ...way, destination: address(`${attachment.containerIp}:8080`) };
    assert.deepEqual(
      [nat.before, nat.after, nat.syn, nat.element?.value],
      [way, mapped, 'seen', `${attachment.containerIp} . 8080`],
    );
    assert.deepEqual(nat.conntrack?.reply, {
      source: mapped.destination,
      destination: mapped.source,
    });
    assert.match(JSON.stringify(nat.raw), /nft monitor trace.*map_ports/s);
    const container = await desk.first(id, 'container');
    assert.deepEqual(
      [container.routeDevice, container.listener?.port, container.connection?.flow],
      [attachment.veth, 8080, mapped],
    );
    desk.stop(id);
    await nothingIsLeft();
  });

  test('a host port without a container, and one that nobody listens behind', async () => {
    const free = hostPort() + 1000;
    const stale = await dial(free);
    const nat = await desk.first(stale.id, 'dea-nat');
    assert.deepEqual([nat.element, nat.after, nat.syn], [undefined, undefined, 'seen']);
    assert.equal((await desk.first(stale.id, 'container')).instanceId, attachment.instanceId);

    const deaf = await dial(hostPort());
    assert.equal((await desk.first(deaf.id, 'dea-nat')).after?.destination.port, 8080);
    const container = await desk.first(deaf.id, 'container');
    assert.deepEqual([container.listener, container.otherListeners], [undefined, []]);
    desk.stop(stale.id);
    desk.stop(deaf.id);
  });

  test('somebody whom the rules do not know: the map was not asked', async () => {
    const { id } = await dial(hostPort(), { localAddress: LAB.publicAddress });
    const nat = await desk.first(id, 'dea-nat');
    assert.equal(nat.syn, 'dropped');
    assert.match(nat.droppedBy ?? '', /no rule lets 203\.0\.113\.10 through/);
    desk.stop(id);
  });

  test('a packet that never came was not seen; one that came before anybody watched was not watched', async () => {
    const lost = await dial(hostPort(), { announceOnly: true });
    assert.equal((await desk.first(lost.id, 'dea-nat')).syn, 'not-seen');
    desk.stop(lost.id);
    const way = flow(`${LAB.clientAddress}:${++port}`, `${LAB.hostAddress}:${hostPort()}`);
    const id = await desk.start(way);
    desk.tellRouter(id, way, [
      {
        ...{ n: 1, endpoint: way.destination, local: way.source, reused: true },
        ...{ appGuid: attachment.appGuid, index: 0, outcome: 'reset' },
      },
    ]);
    assert.equal((await desk.first(id, 'dea-nat')).syn, 'not-watched');
    desk.stop(id);
    await nothingIsLeft();
  });

  test('an asker who dies: everything goes when the time is up', async () => {
    await desk.start(flow('192.0.2.1:1', '192.0.2.2:80'), { forMs: 400 });
    assert.equal((await tables()).length, 1);
    assert.ok(children().includes('nft'));
    await nothingIsLeft();
  });

  test('an agent that was killed: the kernel stops by itself, the next start removes the rest', async () => {
    const leftover = 'table inet sprue-trace-dea {\n chain x { }\n}\n';
    await collector.stop();
    await run(['nft', '-f', '-'], { input: leftover });
    collector = await startDeaCollector();
    assert.deepEqual(await tables(), []);
    const id = await desk.start(flow('192.0.2.1:1', '192.0.2.2:80'), { forMs: 1_000 });
    const { stdout } = await run(['nft', 'list', 'set', 'inet', 'sprue-trace-dea', 'armed']);
    assert.match(stdout, /tcp timeout 1s expires/, 'the mark ends in the kernel, too');
    desk.stop(id);
    await nothingIsLeft();
  });

  test('only so many at a time, and it says so', async () => {
    const far = flow('192.0.2.1:1', '192.0.2.2:80');
    const ids = await Promise.all(
      Array.from({ length: MAX_ARMED_TRACES + 2 }, () => desk.start(far, { forMs: 5_000 })),
    );
    const problems = desk.armed.filter(({ trace, problem }) => ids.includes(trace) && problem);
    assert.equal(problems.length, 2);
    for (const id of ids) desk.stop(id);
    await nothingIsLeft();
  });
});

describe('on an edge', () => {
  const FLOATING = '198.51.100.50';
  const ROUTER = '10.9.0.2';
  const inner = `${lab.host.netns}-r`;
  let collector: HostCollector;
  let router: NetWorker;
  const resources = new AsyncDisposableStack();
  let port = 30_000;

  before(async () => {
    await run(['ip', 'netns', 'add', inner]);
    resources.defer(async () => void (await run(['ip', 'netns', 'del', inner])));
    await run([
      'ip',
      'link',
      'add',
      'inside',
      'type',
      'veth',
      'peer',
      'name',
      'eth0',
      'netns',
      inner,
    ]);
    await run(['ip', '-batch', '-'], {
      input: `address add 10.9.0.1/24 dev inside\nlink set inside up\naddress add ${FLOATING}/32 dev uplink\n`,
    });
    await run(['ip', '-n', inner, '-batch', '-'], {
      input: `address add ${ROUTER}/24 dev eth0\nlink set lo up\nlink set eth0 up\nroute add default via 10.9.0.1\n`,
    });
    await run(['sysctl', '-qw', 'net.ipv4.ip_forward=1']);
    const rules = formatRuleset({
      edgeId: 'edge-1',
      outsideInterface: 'uplink',
      insideAddress: '10.9.0.1' as Ipv4,
      insideNetworks: [parseCidr('10.9.0.0/24')],
      ports: [80 as Port],
    });
    const elements = `add element inet sprue-edge floating { ${FLOATING} }
add element inet sprue-edge to_router { ${FLOATING} : ${ROUTER} }
`;
    await run(['nft', '-f', '-'], { input: rules + elements });
    resources.defer(async () => void (await run(['nft', 'delete', 'table', 'inet', 'sprue-edge'])));
    router = resources.use(await labNode(inner, ROUTER).worker());
    await router.listenTcp({ host: '0.0.0.0', port: 80 });
    const bus = await desk.connect();
    resources.defer(() => bus.close());
    const edge = new EdgeCollector({ edgeId: 'edge-1', log: silentLog });
    collector = await HostCollector.start({
      ...{ bus, agent: 'edge-1', collector: edge, log: silentLog },
    });
    resources.defer(() => collector.stop());
    await bus.flush();
  });
  after(() => resources.disposeAsync());

  const fromClient = (to: string) => flow(`${LAB.clientAddress}:${++port}`, to);
  const connect = ({ source, destination }: ReturnType<typeof flow>) =>
    client.connectTcp({
      ...{ host: destination.host, port: destination.port },
      ...{ localAddress: source.host, localPort: source.port, timeoutMs: 2_000 },
    });

  test('a connection to a floating IP: the map’s element and the packet before and after', async () => {
    const way = fromClient(`${FLOATING}:80`);
    const id = await desk.start(way);
    assert.ok((await connect(way)).ok);
    const arrived = { ...way, destination: address(`${ROUTER}:80`) };
    desk.tellRouter(id, arrived, []);
    const nat = await desk.first(id, 'edge-nat');
    assert.deepEqual(
      [nat.before, nat.after, nat.syn, nat.element],
      [way, arrived, 'seen', { map: 'inet sprue-edge to_router', key: FLOATING, value: ROUTER }],
    );
    assert.match(JSON.stringify(nat.raw), /conntrack -G.*nft monitor trace/s);
    desk.stop(id);
    await nothingIsLeft();
    assert.equal(desk.of(id, 'edge-nat').length, 1, 'said once');
  });

  test('a client behind a NAT that is not ours is found by what the router saw', async () => {
    const way = fromClient(`${FLOATING}:80`);
    const id = await desk.start(flow('192.168.1.5:4000', `${FLOATING}:80`));
    assert.ok((await connect(way)).ok);
    desk.tellRouter(id, { ...way, destination: address(`${ROUTER}:80`) }, []);
    const nat = await desk.first(id, 'edge-nat');
    assert.deepEqual([nat.before, nat.syn], [way, 'not-watched']);
    desk.stop(id);
  });

  test('a port that is not served: refused, with the rule; nobody needs a router’s word for it', async () => {
    const way = fromClient(`${FLOATING}:81`);
    const id = await desk.start(way);
    assert.equal((await connect(way)).ok, false);
    desk.stop(id);
    const nat = await desk.first(id, 'edge-nat');
    assert.equal(nat.syn, 'dropped');
    assert.match(nat.droppedBy ?? '', /reject with tcp reset \(inet sprue-edge, chain refuse\)/);
  });

  test('nothing arrived: said when the trace ends', async () => {
    const id = await desk.start(fromClient(`${FLOATING}:80`));
    await delay(20);
    assert.deepEqual(desk.of(id, 'edge-nat'), []);
    desk.stop(id);
    const nat = await desk.first(id, 'edge-nat');
    assert.deepEqual([nat.syn, nat.after, nat.conntrack], ['not-seen', undefined, undefined]);
    await nothingIsLeft();
  });

  test('an address that it does not hold is none of its business', async () => {
    const id = await desk.start(fromClient('198.51.100.77:80'));
    assert.deepEqual(await tables(), []);
    desk.stop(id);
    await delay(50);
    assert.deepEqual(desk.of(id, 'edge-nat'), []);
  });

  test('many at once each get their own', async () => {
    const ways = Array.from({ length: 12 }, () => fromClient(`${FLOATING}:80`));
    const ids = await Promise.all(ways.map(way => desk.start(way)));
    await Promise.all(ways.map(connect));
    for (const [i, way] of ways.entries()) {
      desk.tellRouter(ids[i] ?? '', { ...way, destination: address(`${ROUTER}:80`) }, []);
    }
    for (const [i, way] of ways.entries()) {
      const nat = await desk.first(ids[i] ?? '', 'edge-nat');
      assert.deepEqual([nat.before, nat.syn], [way, 'seen']);
      desk.stop(ids[i] ?? '');
    }
    await nothingIsLeft();
  });
});
