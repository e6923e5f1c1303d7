import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '../core/log.ts';
import { FakeBus } from './fakes/fake-bus.ts';
import { patiently, untilConnected } from './until-connected.ts';

const { signal } = new AbortController();

test('untilConnected: at once when connected, else on reconnect', async () => {
  const bus = new FakeBus();
  await untilConnected(bus, signal);
  bus.tellStatus('disconnected');
  let connected = false;
  const wait = untilConnected(bus, signal).then(() => {
    connected = true;
  });
  await new Promise(setImmediate);
  assert.equal(connected, false);
  bus.tellStatus('reconnected');
  await wait;
  assert.equal(connected, true);
});

test('untilConnected: an abort ends the wait', async () => {
  const bus = new FakeBus();
  bus.tellStatus('disconnected');
  await assert.rejects(untilConnected(bus, AbortSignal.timeout(10)), { name: 'TimeoutError' });
  await assert.rejects(untilConnected(bus, AbortSignal.abort()), { name: 'AbortError' });
});

test('patiently: tries again until it works', async () => {
  let tries = 0;
  const task = async () => {
    if (++tries < 2) throw new Error('no answer');
    return 'done';
  };
  assert.equal(await patiently(new FakeBus(), task, { log: silentLog, signal }), 'done');
  assert.equal(tries, 2);
});
