import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { answer, bodyOf, field, get, ProxyLab, statusOf } from '../kit/proxy-lab.ts';

test('drain: running requests finish, new connections are refused, idle ones close', async () => {
  await using lab = await ProxyLab.start();
  await lab.origin(socket => setTimeout(() => socket.write(answer('late')), 700));
  const running = lab.client();
  running.send(get('/', ''));
  const idle = lab.client();
  await delay(100);
  const drained = lab.proxy.drain(5_000);
  await delay(20);
  const late = lab.client();
  await late.closed();
  assert.equal(late.error?.code, 'ECONNREFUSED');
  await running.closed();
  assert.equal(bodyOf(running.text), 'late');
  assert.equal(field(running.text, 'Connection'), 'close');
  await drained;
  assert.equal(idle.isClosed, true);
});

test('drain: a request that was on its way on an idle connection is still served', async () => {
  await using lab = await ProxyLab.start();
  await lab.origin(socket => socket.write(answer('ok')));
  const client = lab.client();
  client.send(get('/', ''));
  await client.sees('ok');
  const drained = lab.proxy.drain(5_000);
  client.text = '';
  client.send(get('/', ''));
  await client.closed();
  assert.equal(statusOf(client.text), 200);
  await drained;
});

test('drain: what is not done at the deadline is cut', async () => {
  await using lab = await ProxyLab.start();
  await lab.origin(() => {});
  const client = lab.client();
  client.send(get());
  await delay(50);
  await lab.proxy.drain(100);
  await client.closed();
  assert.equal((await lab.record()).status, 499);
});
