import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { parseCidr, parseIpv4 } from '../../src/core/address.ts';
import { hasCode } from '../../src/core/errors.ts';
import { run } from '../../src/exec/run.ts';
import { enterLab } from '../kit/enter-lab.ts';
import { readMachine } from '../kit/leak-check.ts';
import { inside, openNetwork, request } from './open-network.ts';

const lab = await enterLab(import.meta.filename);

test('a container sees lo and eth0, both up, eth0 with the MTU of the uplink', async () => {
  await run(['ip', 'link', 'set', 'uplink', 'mtu', '1450']);
  await using net = await openNetwork(lab);
  const container = await net.container();
  const { stdout } = await inside(container).exec(['ip', '-j', 'link']);
  const links = JSON.parse(stdout) as { ifname: string; mtu: number; flags: string[] }[];
  assert.deepEqual(
    links.map(link => link.ifname),
    ['lo', 'eth0'],
  );
  assert.ok(links.every(link => link.flags.includes('UP')));
  assert.equal(links[1]?.mtu, 1450);
  const host = JSON.parse((await run(['ip', '-j', 'link', 'show', container.veth])).stdout);
  assert.equal(host[0].mtu, 1450);
});

test('a container has one address and exactly one route', async () => {
  await using net = await openNetwork(lab);
  const container = await net.container();
  const routes = await inside(container).exec(['ip', 'route']);
  assert.equal(routes.stdout.trim(), 'default via 169.254.0.1 dev eth0 onlink');
  const addresses = await inside(container).exec(['ip', '-o', 'address', 'show', 'dev', 'eth0']);
  assert.match(addresses.stdout.trim(), /^2: eth0 +inet 10\.254\.\d+\.\d+\/32 scope global eth0\\/);
  assert.equal(addresses.stdout.trim().split('\n').length, 1);
});

test('the host routes each container as a /32 to its own interface and nothing else', async () => {
  await using net = await openNetwork(lab);
  const container = await net.container();
  const { stdout } = await run(['ip', 'route', 'show', 'dev', container.veth]);
  assert.equal(stdout.trim(), `${container.containerIp} proto kernel scope link src 169.254.0.1`);
});

test('IPv6 is off on both ends and low ports need no root', async () => {
  await using net = await openNetwork(lab);
  const container = await net.container();
  const read = async (name: string) =>
    (await inside(container).exec(['sysctl', '-n', name])).stdout.trim();
  assert.equal(await read('net.ipv6.conf.eth0.disable_ipv6'), '1');
  assert.equal(await read('net.ipv4.ip_unprivileged_port_start'), '0');
  const host = await readFile(`/proc/sys/net/ipv6/conf/${container.veth}/disable_ipv6`, 'utf8');
  assert.equal(host.trim(), '1');
});

test('names derive from the id and fit the kernel', async () => {
  await using net = await openNetwork(lab);
  const container = await net.container();
  assert.equal(container.veth, `w-${container.instanceId.slice(0, 8)}`);
  assert.ok(container.veth.length <= 15);
  assert.match(container.netns, /^sprue-[0-9a-f]{6}-[0-9a-f]{8}$/);
});

test('50 containers attached at once have 50 addresses and 50 ports', async () => {
  await using net = await openNetwork(lab);
  const containers = await Promise.all(Array.from({ length: 50 }, () => net.container()));
  assert.equal(new Set(containers.map(container => container.containerIp)).size, 50);
  assert.equal(new Set(containers.map(container => container.mapping?.hostPort)).size, 50);
  const byId = (list: readonly { instanceId: string }[]) =>
    list.toSorted((left, right) => left.instanceId.localeCompare(right.instanceId));
  assert.deepEqual(byId(await net.network.list()), byId(containers));
});

test('an exhausted range is a clear error and leaves nothing behind', async () => {
  await using net = await openNetwork(lab, { range: parseCidr('10.99.0.0/29') });
  await Promise.all(Array.from({ length: 6 }, () => net.container()));
  const before = await readMachine(net.scope);
  await assert.rejects(net.container(), error => hasCode(error, 'ADDRESSES_EXHAUSTED'));
  assert.deepEqual(await readMachine(net.scope), before);
});

test('a released address and port are not handed out again at once', async () => {
  await using net = await openNetwork(lab, { range: parseCidr('10.99.0.0/29') });
  const first = await net.container();
  await net.network.detach(first.instanceId);
  const next = await Promise.all(Array.from({ length: 5 }, () => net.container()));
  assert.ok(next.every(({ containerIp }) => containerIp !== first.containerIp));
  assert.ok(next.every(({ mapping }) => mapping?.hostPort !== first.mapping?.hostPort));
  await assert.rejects(net.container(), error => hasCode(error, 'ADDRESSES_EXHAUSTED'));
});

test('attach returns what there is when called again', async () => {
  await using net = await openNetwork(lab);
  const wanted = request();
  const [first, second] = await Promise.all([
    net.network.attach(wanted),
    net.network.attach(wanted),
  ]);
  assert.deepEqual(first, second);
  assert.deepEqual(await net.network.attach(wanted), first);
});

test('a range that a route of the machine overlaps is refused when asked for, else avoided', async () => {
  await run(['ip', 'route', 'add', '10.254.128.0/20', 'dev', 'uplink']);
  try {
    await assert.rejects(openNetwork(lab, { range: parseCidr('10.254.0.0/16') }), error =>
      hasCode(error, 'NETWORK_RANGE_TAKEN'),
    );
    await using net = await openNetwork(lab);
    assert.match((await net.container()).containerIp, /^10\.253\./);
  } finally {
    await run(['ip', 'route', 'del', '10.254.128.0/20']);
  }
});

test('an address that is not the machine’s own is refused with those that are', async () => {
  await assert.rejects(openNetwork(lab, { hostAddress: parseIpv4('127.0.0.1') }), error => {
    assert.ok(hasCode(error, 'HOST_ADDRESS_NOT_LOCAL'));
    assert.match(error.next, /198\.51\.100\.2/);
    return true;
  });
});
