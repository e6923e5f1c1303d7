import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { Repeater } from './repeater.ts';

test('runs once more when asked during a run, however often, and never twice at a time', async () => {
  const gates: PromiseWithResolvers<void>[] = [];
  const repeater = new Repeater(
    () => {
      const gate = Promise.withResolvers<void>();
      gates.push(gate);
      return gate.promise;
    },
    { onFailure: thrown => assert.fail(String(thrown)), retryMs: 1 },
  );
  for (let asked = 0; asked < 3; asked++) repeater.ask();
  assert.equal(gates.length, 1);
  repeater.ask();
  gates[0]?.resolve();
  await turn();
  assert.equal(gates.length, 2);
  gates[1]?.resolve();
  await turn();
  assert.equal(gates.length, 2);
  await repeater.stop();
});

test('a run that fails is told and tried again; none comes after stop', async () => {
  let runs = 0;
  const told: unknown[] = [];
  const again = Promise.withResolvers<void>();
  const repeater = new Repeater(
    async () => {
      if (++runs === 2) again.resolve();
      throw new Error('no');
    },
    { onFailure: thrown => told.push(thrown), retryMs: 5 },
  );
  repeater.ask();
  await again.promise;
  await repeater.stop();
  const before = runs;
  repeater.ask();
  await delay(20);
  assert.equal(runs, before);
  assert.equal(told.length, before);
});
