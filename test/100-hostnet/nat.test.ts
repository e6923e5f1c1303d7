import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { parsePort } from '../../src/core/address.ts';
import { run } from '../../src/exec/run.ts';
import type { Attachment } from '../../src/hostnet/host-network.ts';
import { nftListMap } from '../../src/hostnet/nft.ts';
import { enterLab } from '../kit/enter-lab.ts';
import { LAB } from '../kit/net-lab.ts';
import { CONTAINER_PORT, inside, openNetwork } from './open-network.ts';

const lab = await enterLab(import.meta.filename);
const outside = await lab.outside.worker();
after(() => outside[Symbol.asyncDispose]());
const host = await lab.host.worker();
after(() => host[Symbol.asyncDispose]());

/** A mapped container in which something listens on the mapped port. */
async function serve(attachment: Attachment) {
  const app = await inside(attachment).worker();
  await app.listenTcp({ host: '0.0.0.0', port: CONTAINER_PORT });
  const target = { host: LAB.hostAddress, port: attachment.mapping?.hostPort ?? 0 };
  return { app, target, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() };
}

test('a client outside reaches host:H and the app sees the client’s own address', async () => {
  await using net = await openNetwork(lab);
  await using served = await serve(await net.container());
  const reached = await outside.connectTcp(served.target);
  assert.ok(reached.ok, JSON.stringify(reached));
  assert.equal(reached.seenAs, LAB.clientAddress);
});

test('the host itself reaches its own address:H', async () => {
  await using net = await openNetwork(lab);
  await using served = await serve(await net.container());
  const reached = await host.connectTcp(served.target);
  assert.ok(reached.ok, JSON.stringify(reached));
  assert.equal(reached.seenAs, LAB.hostAddress);
});

test('127.0.0.1:H is refused at once', async () => {
  await using net = await openNetwork(lab);
  await using served = await serve(await net.container());
  const reached = await host.connectTcp({ ...served.target, host: '127.0.0.1' });
  assert.ok(!reached.ok && reached.code === 'ECONNREFUSED' && reached.ms < 500);
});

test('only known clients may dial a mapped port; others meet a closed port', async () => {
  await using net = await openNetwork(lab, { clients: [] });
  await using served = await serve(await net.container());
  const stranger = await outside.connectTcp(served.target);
  assert.ok(!stranger.ok && stranger.code === 'ECONNREFUSED' && stranger.ms < 500);
  assert.ok((await host.connectTcp(served.target)).ok);
});

test('a mapped port on which nothing listens refuses at once', async () => {
  await using net = await openNetwork(lab);
  const { mapping } = await net.container();
  const reached = await outside.connectTcp({
    host: LAB.hostAddress,
    port: mapping?.hostPort ?? 0,
  });
  assert.ok(!reached.ok && reached.code === 'ECONNREFUSED' && reached.ms < 500);
});

test('after detach the port refuses at once and standing connections are reset', async () => {
  await using net = await openNetwork(lab);
  const attachment = await net.container();
  await using served = await serve(attachment);
  const standing = await outside.connectTcp(served.target);
  assert.ok(standing.ok);
  assert.deepEqual(await outside.echo({ handle: standing.handle, text: 'a' }), { ok: true });

  await net.network.detach(attachment.instanceId);
  const later = await outside.echo({ handle: standing.handle, text: 'b', timeoutMs: 1000 });
  assert.ok(!later.ok && later.code !== 'TIMEOUT', JSON.stringify(later));
  const fresh = await outside.connectTcp(served.target);
  assert.ok(!fresh.ok && fresh.code === 'ECONNREFUSED' && fresh.ms < 500);
});

test('a client that keeps its source port never reaches the previous owner of a host port', async () => {
  await using net = await openNetwork(lab);
  const old = await net.container();
  await using oldApp = await serve(old);
  const sourcePort = 40_123;
  const standing = await outside.connectTcp({ ...oldApp.target, localPort: sourcePort });
  assert.ok(standing.ok);

  await net.network.detach(old.instanceId);
  await outside.close({ handle: standing.handle });
  const hostPort = old.mapping?.hostPort ?? parsePort(1);
  const next = await net.container();
  await using _ = await serve(next);
  // The rotation would take 4500 attaches to come round: give the port to the next container by hand.
  const element = `tcp . ${hostPort} : ${next.containerIp} . ${CONTAINER_PORT}`;
  await run(['nft', 'add', 'element', 'inet', 'sprue', 'ports', `{ ${element} }`]);
  const reached = await outside.connectTcp({ ...oldApp.target, localPort: sourcePort });
  assert.ok(reached.ok, JSON.stringify(reached));
  assert.equal(reached.servedBy, next.containerIp);
  await run(['nft', 'delete', 'element', 'inet', 'sprue', 'ports', `{ tcp . ${hostPort} }`]);
});

test('the kernel refuses a second mapping of one host port and changes nothing', async () => {
  await using net = await openNetwork(lab);
  const { mapping } = await net.container();
  const before = await nftListMap('ports');
  const element = `tcp . ${mapping?.hostPort} : 10.254.77.77 . 1`;
  await assert.rejects(
    run(['nft', 'add', 'element', 'inet', 'sprue', 'ports', `{ ${element} }`]),
    /File exists/,
  );
  assert.deepEqual(await nftListMap('ports'), before);
});

test('a port on which the host listens is passed over', async () => {
  await using net = await openNetwork(lab);
  const first = await net.container();
  const busy = (first.mapping?.hostPort ?? 0) + 1;
  const { handle } = await host.listenTcp({ host: LAB.hostAddress, port: busy });
  const second = await net.container();
  assert.equal(second.mapping?.hostPort, busy + 1);
  await host.close({ handle });
});

test('a port of another machine with the same number is not hijacked', async () => {
  await using net = await openNetwork(lab);
  const { mapping } = await net.container();
  const port = mapping?.hostPort ?? 0;
  const { handle } = await outside.listenTcp({ host: LAB.publicAddress, port });
  const other = await net.container({ mapped: false });
  await using app = await inside(other).worker();
  assert.ok((await app.connectTcp({ host: LAB.publicAddress, port })).ok);
  assert.ok((await host.connectTcp({ host: LAB.publicAddress, port })).ok);
  await outside.close({ handle });
});

test('a container reaches a URL through the router on the host, by its port and no other', async () => {
  await using net = await openNetwork(lab);
  const container = await net.container();
  await using app = await inside(container).worker();
  const router = await host.listenTcp({ host: '0.0.0.0', port: 80 });
  const reached = await app.connectTcp({ host: LAB.hostAddress, port: 80 });
  assert.ok(reached.ok, JSON.stringify(reached));
  assert.equal(reached.seenAs, container.containerIp);
  await app.listenTcp({ host: '0.0.0.0', port: CONTAINER_PORT });
  const own = await app.connectTcp({
    host: LAB.hostAddress,
    port: container.mapping?.hostPort ?? 0,
  });
  assert.ok(!own.ok && own.code === 'ECONNREFUSED' && own.ms < 500, JSON.stringify(own));
  await host.close({ handle: router.handle });
});

test('200 connections at once to one target leave with the host’s address', async () => {
  await using net = await openNetwork(lab);
  await using app = await inside(await net.container({ mapped: false })).worker();
  const { handle, port } = await outside.listenTcp({ host: LAB.publicAddress, port: 0 });
  const target = { host: LAB.publicAddress, port, timeoutMs: 5000 };
  const all = await Promise.all(Array.from({ length: 200 }, () => app.connectTcp(target)));
  assert.ok(all.every(reached => reached.ok && reached.seenAs === LAB.hostAddress));
  await outside.close({ handle });
});
