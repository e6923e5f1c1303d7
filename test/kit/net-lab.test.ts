import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { run } from '../../src/exec/run.ts';
import { enterLab } from './enter-lab.ts';
import { assertNoLeak, readMachine } from './leak-check.ts';
import { createNetLab, destroyNetLab, LAB } from './net-lab.ts';

const lab = await enterLab(import.meta.filename);

test('enterLab runs the test file inside the host namespace', async () => {
  const { stdout } = await run(['ip', '-j', 'link']);
  const names = (JSON.parse(stdout) as { ifname: string }[]).map(link => link.ifname);
  assert.ok(names.includes('uplink'));
  assert.ok(!names.includes('eth0'));
});

test('NetWorker reaches the other machine and tells what it was seen as', async () => {
  await using server = await lab.outside.worker();
  await using client = await lab.host.worker();
  const { port } = await server.listenTcp({ host: '0.0.0.0', port: 0 });
  const reached = await client.connectTcp({ host: LAB.publicAddress, port });
  assert.ok(reached.ok);
  assert.equal(reached.seenAs, LAB.hostAddress);
  const refused = await client.connectTcp({ host: LAB.publicAddress, port: 1 });
  assert.ok(!refused.ok);
  assert.equal(refused.code, 'ECONNREFUSED');
});

test('assertNoLeak names what was left behind', async () => {
  const scope = { netns: lab.host.netns };
  const before = await readMachine(scope);
  await run(['ip', 'link', 'add', 'left0', 'type', 'veth', 'peer', 'name', 'left1']);
  await assert.rejects(assertNoLeak(before, scope, { settleMs: 100 }), /left0/);
  await run(['ip', 'link', 'del', 'left0']);
  await assertNoLeak(before, scope);
});

test('destroyNetLab leaves nothing and may be called twice', async () => {
  const names = await createNetLab();
  await destroyNetLab(names);
  await destroyNetLab(names);
  assert.ok(!existsSync(`/run/netns/${names.host}`));
});
