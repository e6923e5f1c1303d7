import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { Bus } from '../../src/bus/bus.ts';
import { silentLog } from '../../src/core/log.ts';
import { run } from '../../src/exec/run.ts';
import { dig } from '../kit/dig.ts';
import { eventually } from '../kit/eventually.ts';
import { startNatsServer } from '../kit/nats-server.ts';
import { inNetns, type LabNode } from '../kit/net-lab.ts';
import type { NetWorker } from '../kit/net-worker-client.ts';
import { EDGE_LAB, enterEdgeLab } from './edge-lab.ts';
import { type FakeRouter, startFakeRouter } from './fake-router.ts';
import { type Buckets, DOMAIN, openBuckets, openEdge } from './open-edge.ts';

const lab = await enterEdgeLab(import.meta.filename);

const [F1, F2] = ['203.0.113.1', '203.0.113.2'] as const;
const QUICKLY_MS = 500;

/** One ICMP echo request; fails unless the answer comes within two seconds. */
const ECHO = `
import socket, struct, sys
def checksum(data):
    total = sum(struct.unpack('!%dH' % (len(data) // 2), data))
    total = (total >> 16) + (total & 0xffff)
    return ~(total + (total >> 16)) & 0xffff
icmp = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
icmp.settimeout(2)
head = struct.pack('!BBHHH', 8, 0, 0, 4711, 1)
icmp.sendto(struct.pack('!BBHHH', 8, 0, checksum(head), 4711, 1), (sys.argv[1], 0))
while True:
    packet, (sender, _) = icmp.recvfrom(1500)
    if sender == sys.argv[1] and packet[20] == 0 and packet[24:26] == head[4:6]: break
`;

const resources = new AsyncDisposableStack();
let bus: Bus;
let buckets: Buckets;
let client: NetWorker;
let host: NetWorker;
let router1: FakeRouter;

before(async () => {
  const nats = resources.use(await startNatsServer());
  bus = resources.use(await Bus.connect({ servers: [nats.url], name: 'test', log: silentLog }));
  buckets = await openBuckets(bus);
  client = resources.use(await lab.client.worker());
  host = resources.use(await lab.host.worker());
  router1 = resources.use(await startFakeRouter(lab.router1, 'router-1', bus));
  resources.use(await startFakeRouter(lab.router2, 'router-2', bus));
});
after(() => resources.disposeAsync());

async function nft(...argv: readonly string[]): Promise<string> {
  return (await run(['nft', ...argv])).stdout;
}

/** Resolves when the floating IP leads to the router. */
async function leads(floating: string, router: string): Promise<void> {
  await eventually(async () => {
    const map = await nft('list', 'map', 'inet', 'sprue-edge', 'to_router').catch(() => '');
    return map.includes(`${floating} : ${router}`);
  }, 8_000);
}

/** Fails unless a neighbour hears both kinds of announcement of an address while `act` runs, or soon after. */
async function announces(
  address: string,
  neighbour: LabNode,
  act: () => Promise<unknown>,
): Promise<void> {
  const filter = ['-c', '2', 'arp', 'and', 'src', address];
  const capture = ['timeout', '10', 'tcpdump', '-l', '-nn', '-i', 'eth0', ...filter];
  const [program, ...args] = inNetns(neighbour.netns, capture);
  const tcpdump = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const [seen, status] = [collect(tcpdump.stdout), collect(tcpdump.stderr)];
  await eventually(() => status.text.includes('listening on'));
  await act();
  await eventually(() => seen.text.trim().split('\n').length === 2, 8_000);
  assert.match(seen.text, new RegExp(`Request who-has ${address} .*tell ${address}`));
  assert.match(seen.text, new RegExp(`Reply ${address} is-at`));
}

function collect(stream: Readable): { text: string } {
  const collected = { text: '' };
  stream.setEncoding('utf8').on('data', (text: string) => {
    collected.text += text;
  });
  return collected;
}

describe('a floating IP', () => {
  test('leads to its router; the router sees the client’s own address', async () => {
    await using _ = await openEdge(lab, bus, buckets);
    await buckets.allocate(F1, EDGE_LAB.router1);
    await buckets.allocate(F2, EDGE_LAB.router2);
    await Promise.all([leads(F1, EDGE_LAB.router1), leads(F2, EDGE_LAB.router2)]);
    for (const [floating, router] of [
      [F1, EDGE_LAB.router1],
      [F2, EDGE_LAB.router2],
    ] as const) {
      const reached = await client.connectTcp({ host: floating, port: 443 });
      assert.ok(reached.ok, JSON.stringify(reached));
      assert.deepEqual([reached.seenAs, reached.servedBy], [EDGE_LAB.client, router]);
    }
  });

  test('is the source of the router’s own connections to the outside', async () => {
    await using _ = await openEdge(lab, bus, buckets);
    await buckets.allocate(F1, EDGE_LAB.router1);
    await leads(F1, EDGE_LAB.router1);
    const { handle, port } = await client.listenTcp({ host: '0.0.0.0', port: 0 });
    const out = await router1.worker.connectTcp({ host: EDGE_LAB.client, port });
    assert.ok(out.ok && out.seenAs === F1, JSON.stringify(out));
    await client.close({ handle });
  });

  test('works from inside, from the router itself and from the edge', async () => {
    await using _ = await openEdge(lab, bus, buckets);
    await buckets.allocate(F1, EDGE_LAB.router1);
    await leads(F1, EDGE_LAB.router1);
    for (const worker of [host, router1.worker]) {
      const reached = await worker.connectTcp({ host: F1, port: 443 });
      assert.ok(reached.ok, JSON.stringify(reached));
      assert.deepEqual([reached.seenAs, reached.servedBy], [EDGE_LAB.inside, EDGE_LAB.router1]);
    }
    await using edge = await lab.edge.worker();
    const own = await edge.connectTcp({ host: F1, port: 443 });
    assert.ok(own.ok && own.servedBy === EDGE_LAB.router1, JSON.stringify(own));
  });

  test('passes on echo requests', async () => {
    await using _ = await openEdge(lab, bus, buckets);
    await buckets.allocate(F1, EDGE_LAB.router1);
    await leads(F1, EDGE_LAB.router1);
    const echoes = async () => {
      const { stdout } = await lab.router1.exec(['cat', '/proc/net/snmp']);
      const [names, values] = stdout.split('\n').filter(line => line.startsWith('Icmp:'));
      return Number(values?.split(' ')[names?.split(' ').indexOf('InEchos') ?? 0]);
    };
    const count = await echoes();
    await lab.client.exec(['/usr/bin/python3', '-c', ECHO, F1]);
    assert.equal(await echoes(), count + 1, 'the router itself answered');
  });

  test('refuses all other ports at once, whatever listens on the edge or the router', async () => {
    await using _ = await openEdge(lab, bus, buckets);
    await buckets.allocate(F1, EDGE_LAB.router1);
    await leads(F1, EDGE_LAB.router1);
    await using edge = await lab.edge.worker();
    for (const worker of [edge, router1.worker]) {
      const tcp = await worker.listenTcp({ host: '0.0.0.0', port: 8081 });
      const udp = await worker.listenUdp({ host: '0.0.0.0', port: 8082 });
      const refused = await client.connectTcp({ host: F1, port: 8081 });
      assert.ok(!refused.ok && refused.code === 'ECONNREFUSED', JSON.stringify(refused));
      assert.ok(refused.ms < QUICKLY_MS);
      const datagram = await client.askUdp({ host: F1, port: 8082 });
      assert.ok(!datagram.ok && datagram.code !== 'TIMEOUT', JSON.stringify(datagram));
      await worker.close({ handle: tcp.handle });
      await worker.close({ handle: udp.handle });
    }
  });

  test('is the only way in: inner addresses are refused from outside', async () => {
    await using _ = await openEdge(lab, bus, buckets);
    const direct = await client.connectTcp({ host: EDGE_LAB.router1, port: 443 });
    assert.ok(!direct.ok && direct.code === 'ECONNREFUSED', JSON.stringify(direct));
  });

  test('without a router refuses; released it is gone, and its connections are cut', async () => {
    await using _ = await openEdge(lab, bus, buckets);
    await buckets.allocate(F1, EDGE_LAB.router1);
    await leads(F1, EDGE_LAB.router1);
    const standing = await client.connectTcp({ host: F1, port: 443 });
    assert.ok(standing.ok);

    await buckets.allocate(F1, null);
    await eventually(
      async () => !(await nft('list', 'map', 'inet', 'sprue-edge', 'to_router')).includes(F1),
    );
    const refused = await client.connectTcp({ host: F1, port: 443 });
    assert.ok(!refused.ok && refused.code === 'ECONNREFUSED' && refused.ms < QUICKLY_MS);
    const kept = await client.echo({ handle: standing.handle, text: 'still here' });
    assert.ok(kept.ok, 'taking a router away cuts nobody off');

    await buckets.release(F1);
    await eventually(async () => !(await run(['ip', '-4', 'address'])).stdout.includes(F1));
    await eventually(
      async () => !(await client.echo({ handle: standing.handle, text: 'x', timeoutMs: 500 })).ok,
    );
  });

  test('is announced to the neighbours when it comes', async () => {
    await using _ = await openEdge(lab, bus, buckets);
    await announces(F1, lab.client, () => buckets.allocate(F1, EDGE_LAB.router1));
  });
});

test('an edge that starts announces its own addresses, the gateways of both sides', async () => {
  const open: Awaited<ReturnType<typeof openEdge>>[] = [];
  await announces(EDGE_LAB.inside, lab.router1, async () => {
    await announces(EDGE_LAB.outside, lab.client, async () => {
      open.push(await openEdge(lab, bus, buckets));
    });
  });
  await open[0]?.[Symbol.asyncDispose]();
});

test('foreign tables and addresses are left alone; what somebody flushed comes back', async () => {
  const foreign =
    'table ip foreign {\n\tset s { type ipv4_addr; elements = { 192.0.2.1 }; }\n' +
    '\tchain c { type filter hook forward priority 10; policy accept; ip saddr @s drop; }\n}\n';
  await run(['nft', '-f', '-'], { input: foreign });
  await run(['ip', 'address', 'add', '203.0.113.99/32', 'dev', 'outside']);
  const before = await nft('list', 'table', 'ip', 'foreign');
  {
    await using _ = await openEdge(lab, bus, buckets);
    await buckets.allocate(F1, EDGE_LAB.router1);
    await leads(F1, EDGE_LAB.router1);
    await nft('delete', 'table', 'inet', 'sprue-edge');
    await run(['ip', 'address', 'del', `${F1}/32`, 'dev', 'outside']);
    await buckets.allocate(F2, EDGE_LAB.router2);
    await Promise.all([leads(F1, EDGE_LAB.router1), leads(F2, EDGE_LAB.router2)]);
    const reached = await client.connectTcp({ host: F1, port: 443 });
    assert.ok(reached.ok, JSON.stringify(reached));
  }
  assert.equal(await nft('list', 'table', 'ip', 'foreign'), before);
  assert.match((await run(['ip', '-4', 'address'])).stdout, /203\.0\.113\.99\/32/);
  await nft('delete', 'table', 'ip', 'foreign');
  await run(['ip', 'address', 'del', '203.0.113.99/32', 'dev', 'outside']);
});

test('names lead to the floating IPs, and to the routers while there are none', async () => {
  await using _ = await openEdge(lab, bus, buckets);
  const ask = async () => {
    const { answer } = await dig({ address: EDGE_LAB.outside, port: 53 }, `shop.${DOMAIN}`, 'A');
    return answer
      .map(line => line.split(' ').at(-1))
      .toSorted()
      .join();
  };
  await eventually(async () => (await ask()) === `${EDGE_LAB.router1},${EDGE_LAB.router2}`, 8_000);
  await buckets.allocate(F1, null);
  await buckets.allocate(F2, EDGE_LAB.router2);
  await eventually(async () => (await ask()) === F2);
});
