import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Guid } from '../../core/ids.ts';
import { silentLog } from '../../core/log.ts';
import { guidOf } from '../domain/fixtures.ts';
import { ReconcileLoop } from './loop.ts';

const A = guidOf('a');
const B = guidOf('b');

function start(reconcile: (appGuid: Guid) => Promise<void>): ReconcileLoop {
  return new ReconcileLoop({ reconcile, allApps: () => [A, B], log: silentLog });
}

test('changes that come together cause one pass for each app', async () => {
  const seen: Guid[] = [];
  const loop = start(async appGuid => void seen.push(appGuid));
  for (let n = 0; n < 10; n++) loop.poke(A);
  loop.pokeAll();
  await delay(40);
  assert.deepEqual(seen.sort(), [A, B].sort());
  await loop.stop();
});

test('a change during a pass causes another pass, never two at the same time', async () => {
  let running = 0;
  let passes = 0;
  const loop = start(async () => {
    assert.equal(++running, 1);
    if (++passes === 1) loop.poke(A);
    await delay(10);
    running--;
  });
  loop.poke(A);
  await delay(80);
  assert.equal(passes, 2);
  await loop.stop();
});

test('a pass that fails is tried again after a pause; the other apps do not wait for it', async t => {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  const seen: Guid[] = [];
  const loop = start(async appGuid => {
    seen.push(appGuid);
    if (appGuid === A && seen.length === 1) throw new Error('no');
  });
  const settle = async (ms: number) => {
    t.mock.timers.tick(ms);
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  };
  loop.poke(A);
  loop.poke(B);
  await settle(10);
  assert.deepEqual(seen, [A, B]);
  await settle(900);
  assert.equal(seen.length, 2);
  await settle(200);
  assert.deepEqual(seen, [A, B, A]);
  await loop.stop();
});

test('after stop nothing begins', async () => {
  let passes = 0;
  const loop = start(async () => void passes++);
  loop.poke(A);
  await loop.stop();
  loop.poke(A);
  await delay(30);
  assert.equal(passes, 0);
});
