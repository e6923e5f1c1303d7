import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { parseIpv4 } from '../../src/core/address.ts';
import { probeRouter } from '../../src/edge/probe-router.ts';
import { eventually } from '../kit/eventually.ts';
import { startNatsServer } from '../kit/nats-server.ts';
import { startRouterProcess } from '../kit/router-process.ts';

const address = parseIpv4('127.0.0.1');

test('a router answers the edge’s probe itself: well, unwell while it drains, silent when it is gone', async () => {
  await using nats = await startNatsServer();
  await using router = await startRouterProcess(nats.url, { drain_wait: '5s' });
  const { port } = router.ready;
  const probe = () => probeRouter({ address, port }, 1_000);
  await eventually(async () => (await probe()) === 'well');
  router.child.kill('SIGUSR1');
  await eventually(async () => (await probe()) === 'unwell');
  router.child.kill('SIGKILL');
  await eventually(async () => (await probe()) === 'silent');
});

test('one that accepts and says nothing, or nothing of HTTP, is silent when the time is up', async () => {
  const mute = createServer(socket => socket.resume());
  const babbling = createServer(socket => socket.end('hello\r\n\r\n'));
  for (const server of [mute, babbling]) {
    await once(server.listen(0, address), 'listening');
    const { port } = server.address() as AddressInfo;
    const startMs = performance.now();
    assert.equal(await probeRouter({ address, port }, 300), 'silent');
    assert.ok(performance.now() - startMs < 1_000);
    server.close();
  }
});
