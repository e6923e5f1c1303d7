import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from '../../src/exec/run.ts';
import { nftListMap } from '../../src/hostnet/nft.ts';
import { enterLab } from '../kit/enter-lab.ts';
import { openNetwork } from './open-network.ts';

const lab = await enterLab(import.meta.filename);

test('the rules are the same with 1 and with 200 containers; all of them go away', async t => {
  await using net = await openNetwork(lab);
  const rules = async () =>
    (await run(['nft', '-s', '-t', 'list', 'table', 'inet', 'sprue'])).stdout;
  await net.container();
  const withOne = await rules();

  const attachMs: number[] = [];
  for (let attached = 1; attached < 120; attached++) {
    const startMs = performance.now();
    await net.container();
    attachMs.push(performance.now() - startMs);
  }
  await Promise.all(Array.from({ length: 80 }, () => net.container()));
  assert.equal(await rules(), withOne);
  assert.equal((await nftListMap('ports')).length, 200);

  const containers = await net.network.list();
  assert.equal(containers.length, 200);
  const detachMs: number[] = [];
  for (const { instanceId } of containers.slice(0, 50)) {
    const startMs = performance.now();
    await net.network.detach(instanceId);
    detachMs.push(performance.now() - startMs);
  }
  t.diagnostic(`attach ${describe(attachMs)}`);
  t.diagnostic(`detach ${describe(detachMs)}`);
  await net.network.sweep(new Set());
  assert.deepEqual(await net.network.list(), []);
  assert.deepEqual(await nftListMap('ports'), []);
  assert.deepEqual(await nftListMap('policies'), []);
});

function describe(samplesMs: readonly number[]): string {
  const sorted = samplesMs.toSorted((left, right) => left - right);
  const at = (share: number) => sorted[Math.floor(sorted.length * share)]?.toFixed(1);
  return `median ${at(0.5)} ms, p90 ${at(0.9)} ms (one at a time)`;
}
