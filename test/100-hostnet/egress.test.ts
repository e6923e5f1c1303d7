import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { run } from '../../src/exec/run.ts';
import { MAX_CONNECTIONS } from '../../src/hostnet/ruleset.ts';
import { enterLab } from '../kit/enter-lab.ts';
import { LAB } from '../kit/net-lab.ts';
import { inside, openNetwork } from './open-network.ts';

const lab = await enterLab(import.meta.filename);
const outside = await lab.outside.worker();
after(() => outside[Symbol.asyncDispose]());

test('public networks are allowed, private ones and the metadata address refused quickly', async () => {
  await using net = await openNetwork(lab);
  await using app = await inside(await net.container({ mapped: false })).worker();
  const service = await outside.listenTcp({ host: '0.0.0.0', port: 0 });
  const open = await app.connectTcp({ host: LAB.publicAddress, port: service.port });
  assert.ok(open.ok);
  assert.equal(open.seenAs, LAB.hostAddress, 'masqueraded');
  for (const host of [LAB.privateAddress, LAB.metadataAddress]) {
    const closed = await app.connectTcp({ host, port: service.port });
    assert.ok(!closed.ok && closed.code === 'ECONNREFUSED' && closed.ms < 500, host);
    const udp = await app.askUdp({ host, port: 123 });
    assert.ok(!udp.ok && udp.code !== 'TIMEOUT', `${host}: ${JSON.stringify(udp)}`);
  }
  await outside.close(service);
});

test('the first and the last address of every denied network is denied, its neighbours are not', async () => {
  await using net = await openNetwork(lab);
  await using app = await inside(await net.container({ mapped: false })).worker();
  const service = await outside.listenTcp({ host: '0.0.0.0', port: 0 });
  const addresses = {
    open: ['9.255.255.255', '11.0.0.0', '172.15.255.255', '172.32.0.0', '192.167.255.255'],
    closed: ['10.0.0.0', '10.255.255.255', '172.16.0.0', '172.31.255.255', '192.168.0.0'],
  };
  const all = [...addresses.open, ...addresses.closed];
  const add = all.map(address => `address add ${address}/32 dev lo\n`).join('');
  await lab.outside.exec(['ip', '-batch', '-'], { input: add });
  for (const address of all) {
    const reached = await app.connectTcp({ host: address, port: service.port, timeoutMs: 500 });
    assert.equal(reached.ok, addresses.open.includes(address), address);
  }
  await outside.close(service);
});

test('a name server is reached on port 53, TCP and UDP, though its address is private', async () => {
  await using net = await openNetwork(lab);
  await using app = await inside(await net.container({ mapped: false })).worker();
  const tcp = await outside.listenTcp({ host: LAB.nameserver, port: 53 });
  const udp = await outside.listenUdp({ host: LAB.nameserver, port: 53 });
  const other = await outside.listenTcp({ host: LAB.nameserver, port: 5353 });
  assert.ok((await app.connectTcp({ host: LAB.nameserver, port: 53 })).ok);
  assert.ok((await app.askUdp({ host: LAB.nameserver, port: 53 })).ok);
  assert.ok(!(await app.connectTcp({ host: LAB.nameserver, port: 5353 })).ok);
  for (const server of [tcp, udp, other]) await outside.close(server);
});

test('without a policy a container reaches nothing', async () => {
  await using net = await openNetwork(lab);
  const container = await net.container({ mapped: false });
  await using app = await inside(container).worker();
  const service = await outside.listenTcp({ host: LAB.publicAddress, port: 0 });
  const element = `{ "${container.veth}" }`;
  await run(['nft', 'delete', 'element', 'inet', 'sprue', 'policies', element]);
  const reached = await app.connectTcp({ host: LAB.publicAddress, port: service.port });
  assert.ok(!reached.ok && reached.code === 'ECONNREFUSED' && reached.ms < 500);
  await outside.close(service);
});

test('the policy stands before attach returns', async () => {
  await using net = await openNetwork(lab);
  const container = await net.container({ mapped: false });
  const { stdout } = await run(['nft', 'list', 'map', 'inet', 'sprue', 'policies']);
  assert.match(stdout, new RegExp(`"${container.veth}" : 0x00000001`));
});

test('many refused connections at once are all refused quickly', async () => {
  await using net = await openNetwork(lab);
  await using app = await inside(await net.container({ mapped: false })).worker();
  const target = { host: LAB.privateAddress, port: 5432, timeoutMs: 1000 };
  const all = await Promise.all(Array.from({ length: 50 }, () => app.connectTcp(target)));
  assert.ok(all.every(reached => !reached.ok && reached.code === 'ECONNREFUSED'));
});

test('a container cannot fill the table of connections that all containers need', async () => {
  await using net = await openNetwork(lab);
  const flooder = inside(await net.container({ mapped: false }));
  await using neighbour = await inside(await net.container({ mapped: false })).worker();
  await using app = await flooder.worker();
  const service = await outside.listenTcp({ host: LAB.publicAddress, port: 0 });
  const flood = `import socket
for local in range(2):
  s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
  for port in range(1, ${MAX_CONNECTIONS}):
    try: s.sendto(b"x", ("${LAB.publicAddress}", port))
    except OSError: pass`;
  await flooder.exec(['python3', '-c', flood]);
  const { stdout } = await lab.host.exec(['sysctl', '-n', 'net.netfilter.nf_conntrack_count']);
  assert.ok(Number(stdout) > MAX_CONNECTIONS / 2 && Number(stdout) < MAX_CONNECTIONS + 100, stdout);
  const target = { host: LAB.publicAddress, port: service.port, timeoutMs: 1000 };
  const refused = await app.connectTcp(target);
  assert.ok(!refused.ok && refused.code === 'ECONNREFUSED', 'the flooder is told at once');
  assert.ok((await neighbour.connectTcp(target)).ok);
  const counter = await lab.host.exec(['nft', 'list', 'counter', 'inet', 'sprue', 'too_many']);
  assert.match(counter.stdout, /packets [1-9]/);
  await outside.close(service);
});
