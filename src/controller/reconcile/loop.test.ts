import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Guid } from '../../core/ids.ts';
import { silentLog } from '../../core/log.ts';
import { guidOf } from '../domain/fixtures.ts';
import { ReconcileLoop } from './loop.ts';

const A = guidOf('a');
const B = guidOf('b');

function start(reconcile: (appGuid: Guid) => Promise<void>): ReconcileLoop {
  return new ReconcileLoop({ reconcile, allApps: () => [A, B], log: silentLog });
}

/** @returns lets so much time pass, and what is due then happen. */
function movableTime(t: TestContext): (ms: number) => Promise<void> {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  return async ms => {
    t.mock.timers.tick(ms);
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  };
}

test('changes that come together cause one pass for each app', async t => {
  const settle = movableTime(t);
  const seen: Guid[] = [];
  const loop = start(async appGuid => void seen.push(appGuid));
  for (let n = 0; n < 10; n++) loop.poke(A);
  loop.pokeAll();
  assert.deepEqual(seen, []);
  await settle(10);
  await settle(1_000);
  assert.deepEqual(seen, [A, B]);
  await loop.stop();
});

test('a change during a pass causes another pass, never two at the same time', async t => {
  const settle = movableTime(t);
  const passes: PromiseWithResolvers<void>[] = [];
  const loop = start(() => {
    const pass = Promise.withResolvers<void>();
    passes.push(pass);
    return pass.promise;
  });
  loop.poke(A);
  await settle(10);
  loop.poke(A);
  await settle(1_000);
  assert.equal(passes.length, 1, 'the first has not ended');
  passes[0]?.resolve();
  await settle(0);
  await settle(1);
  assert.equal(passes.length, 2);
  passes[1]?.resolve();
  await settle(1_000);
  assert.equal(passes.length, 2);
  await loop.stop();
});

test('a pass that fails is tried again after a pause; the other apps do not wait for it', async t => {
  const settle = movableTime(t);
  const seen: Guid[] = [];
  const loop = start(async appGuid => {
    seen.push(appGuid);
    if (appGuid === A && seen.length === 1) throw new Error('no');
  });
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

test('after stop nothing begins', async t => {
  const settle = movableTime(t);
  let passes = 0;
  const loop = start(async () => void passes++);
  loop.poke(A);
  await loop.stop();
  loop.poke(A);
  await settle(60_000);
  assert.equal(passes, 0);
});
