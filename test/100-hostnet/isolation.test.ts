import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { run } from '../../src/exec/run.ts';
import { nftReadCounters } from '../../src/hostnet/nft.ts';
import { enterLab } from '../kit/enter-lab.ts';
import { LAB } from '../kit/net-lab.ts';
import type { Reached } from '../kit/net-worker-client.ts';
import { CONTAINER_PORT, inside, openNetwork } from './open-network.ts';

const lab = await enterLab(import.meta.filename);
const outside = await lab.outside.worker();
after(() => outside[Symbol.asyncDispose]());
const host = await lab.host.worker();
after(() => host[Symbol.asyncDispose]());

function assertRefusedQuickly(reached: Reached, what: string): void {
  assert.ok(!reached.ok, `${what} was reached`);
  assert.notEqual(reached.code, 'TIMEOUT', `${what} was black-holed`);
  assert.ok(reached.ms < 500, `${what} took ${reached.ms} ms`);
}

/** One ICMP echo request (RFC 792) with its checksum; `ping` is not on every machine. */
const SEND_ECHO_REQUEST = `
  socket(S, PF_INET, SOCK_RAW, 1) or die;
  send(S, pack("CCnnn", 8, 0, 0xf7fd, 1, 1), 0, pack_sockaddr_in(0, inet_aton($ARGV[0]))) or die;
`;

async function count(name: string): Promise<number> {
  return (await nftReadCounters()).get(name) ?? Number.NaN;
}

test('a container reaches no other container: not by address, not by host port, not by gateway', async () => {
  await using net = await openNetwork(lab);
  const [left, right] = await Promise.all([net.container(), net.container()]);
  await using client = await inside(left).worker();
  await using server = await inside(right).worker();
  await server.listenTcp({ host: '0.0.0.0', port: CONTAINER_PORT });
  await server.listenUdp({ host: '0.0.0.0', port: CONTAINER_PORT });
  assert.ok((await host.connectTcp({ host: right.containerIp, port: CONTAINER_PORT })).ok);

  const hostPort = right.mapping?.hostPort ?? 0;
  for (const target of [
    { host: right.containerIp, port: CONTAINER_PORT },
    { host: LAB.hostAddress, port: hostPort },
    { host: '169.254.0.1', port: hostPort },
  ]) {
    assertRefusedQuickly(await client.connectTcp(target), `tcp ${target.host}:${target.port}`);
  }
  const udp = await client.askUdp({ host: right.containerIp, port: CONTAINER_PORT });
  assertRefusedQuickly(udp, 'udp');
  const before = await count('to_container');
  await inside(left).exec(['perl', '-MSocket', '-e', SEND_ECHO_REQUEST, right.containerIp]);
  assert.equal(await count('to_container'), before + 1, 'icmp was refused');
});

test('a container reaches no service of the host, on any address of the host', async () => {
  await using net = await openNetwork(lab);
  await run(['ip', 'address', 'add', '192.0.2.77/32', 'dev', 'lo']);
  const container = await net.container();
  await using client = await inside(container).worker();
  const tcp = await host.listenTcp({ host: '0.0.0.0', port: 2222 });
  const udp = await host.listenUdp({ host: '0.0.0.0', port: 2222 });
  for (const address of [LAB.hostAddress, '192.0.2.77', '169.254.0.1']) {
    const target = { host: address, port: 2222 };
    assert.ok((await host.connectTcp(target)).ok, 'the service is there');
    assertRefusedQuickly(await client.connectTcp(target), `tcp ${address}`);
    assertRefusedQuickly(await client.askUdp(target), `udp ${address}`);
  }
  assert.ok((await count('to_host')) >= 6);
  await host.close(tcp);
  await host.close(udp);
  await run(['ip', 'address', 'del', '192.0.2.77/32', 'dev', 'lo']);
});

test('the router’s port is open on the host’s address only', async () => {
  await using net = await openNetwork(lab);
  await using client = await inside(await net.container()).worker();
  const router = await host.listenTcp({ host: '0.0.0.0', port: 80 });
  assert.ok((await client.connectTcp({ host: LAB.hostAddress, port: 80 })).ok);
  assertRefusedQuickly(await client.connectTcp({ host: '169.254.0.1', port: 80 }), 'gateway:80');
  await host.close(router);
});

test('a packet with a foreign source leaves nowhere and is counted', async () => {
  await using net = await openNetwork(lab);
  const [liar, neighbour] = await Promise.all([net.container(), net.container()]);
  const service = await outside.listenTcp({ host: LAB.publicAddress, port: 0 });
  const target = { host: LAB.publicAddress, port: service.port, timeoutMs: 300 };
  await using client = await inside(liar).worker();
  assert.ok((await client.connectTcp(target)).ok, 'its own address passes');
  for (const source of ['10.254.200.200', neighbour.containerIp, LAB.clientAddress]) {
    const before = await count('spoofed');
    await inside(liar).exec(['ip', 'address', 'add', `${source}/32`, 'dev', 'eth0']);
    const reached = await client.connectTcp({ ...target, localAddress: source });
    assert.ok(!reached.ok, `${source} passed`);
    assert.ok((await count('spoofed')) > before, `${source} was not counted`);
  }
  await outside.close(service);
});

test('127.0.0.0/8 over eth0 never reaches the host’s loopback services', async () => {
  await using net = await openNetwork(lab);
  const container = await net.container();
  const service = await host.listenTcp({ host: '127.0.0.1', port: 0 });
  const app = inside(container);
  await app.exec(['ip', 'link', 'set', 'lo', 'down']);
  await app.exec(['sysctl', '-qw', 'net.ipv4.conf.all.route_localnet=1']);
  await app.exec(['ip', 'route', 'flush', 'table', 'local']);
  await app.exec([
    'ip',
    'route',
    'add',
    'local',
    container.containerIp,
    'dev',
    'eth0',
    'table',
    'local',
  ]);
  await app.exec([
    'ip',
    'route',
    'add',
    '127.0.0.0/8',
    'via',
    '169.254.0.1',
    'dev',
    'eth0',
    'onlink',
  ]);
  await using client = await app.worker();
  const target = { host: '127.0.0.1', port: service.port, localAddress: container.containerIp };
  const reached = await client.connectTcp({ ...target, timeoutMs: 300 });
  assert.ok(!reached.ok);
  assert.ok((await count('loopback')) > 0, 'the packet did arrive at the host');
  await host.close(service);
});

test('the host is not reachable over IPv6 link-local, even when the container turns IPv6 on', async () => {
  await using net = await openNetwork(lab);
  const container = await net.container();
  const app = inside(container);
  await app.exec(['sysctl', '-qw', 'net.ipv6.conf.eth0.disable_ipv6=0']);
  await app.exec(['ip', '-6', 'address', 'add', 'fe80::2/64', 'dev', 'eth0', 'nodad']);
  const { stdout } = await run(['ip', '-j', 'link', 'show', container.veth]);
  const mac = (JSON.parse(stdout) as [{ address: string }])[0].address;
  const neighbour = ['ip', '-6', 'neigh', 'add', 'fe80::1', 'lladdr', mac, 'dev', 'eth0'] as const;
  await app.exec([...neighbour]);
  // Even if somebody gave the host's end an address again, the rule set stands in the way.
  await run(['sysctl', '-qw', `net.ipv6.conf.${container.veth}.disable_ipv6=0`]);
  await run(['ip', '-6', 'address', 'add', 'fe80::1/64', 'dev', container.veth, 'nodad']);
  const service = await host.listenTcp({ host: '::', port: 0 });
  await using client = await app.worker();
  const reached = await client.connectTcp({
    host: 'fe80::1%eth0',
    port: service.port,
    timeoutMs: 300,
  });
  assert.ok(!reached.ok, JSON.stringify(reached));
  assert.ok((await count('ipv6')) > 0, 'the packet did arrive at the host');
  await host.close(service);
});

test('a neighbour that routes the range through the host reaches no container', async () => {
  await using net = await openNetwork(lab);
  const container = await net.container();
  await using app = await inside(container).worker();
  await app.listenTcp({ host: '0.0.0.0', port: CONTAINER_PORT });
  await lab.outside.exec(['ip', 'route', 'add', '10.254.0.0/16', 'via', LAB.hostAddress]);
  const reached = await outside.connectTcp({ host: container.containerIp, port: CONTAINER_PORT });
  assertRefusedQuickly(reached, 'the container');
  assert.ok((await count('from_outside')) > 0);
  await lab.outside.exec(['ip', 'route', 'del', '10.254.0.0/16']);
});

test('ARP from a container changes no entry of the host', async () => {
  await using net = await openNetwork(lab);
  const container = await net.container();
  const neighbours = async () =>
    (await run(['ip', 'neigh', 'show', 'dev', container.veth])).stdout.trim();
  const before = await neighbours();
  assert.match(before, /PERMANENT$/);
  await inside(container).exec(['ip', '-batch', '-'], { input: CLAIM_ANOTHER_MAC });
  await using app = await inside(container).worker();
  const reached = await app.connectTcp({ host: LAB.hostAddress, port: 80, timeoutMs: 300 });
  assert.ok(!reached.ok, 'the host answered ARP');
  assert.equal(await neighbours(), before);
});

/** The change of address forgets the neighbours, so the container asks for its gateway by ARP. */
const CLAIM_ANOTHER_MAC = 'link set eth0 arp on address ee:ee:ee:00:00:01\n';
