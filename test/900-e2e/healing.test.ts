import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { poll } from '../../src/core/wait.ts';
import { run } from '../../src/exec/run.ts';
import { root, TestPlatform } from '../kit/platform.ts';

const app = join(root, 'test/fixtures/probe-app');

describe('healing', () => {
  let platform: TestPlatform;
  before(async () => {
    platform = await TestPlatform.start();
    await platform.ok(['push', 'shop', '-p', app, '-m', '128M', '-i', '2']);
  });
  after(() => platform[Symbol.asyncDispose]());

  test('with two instances, kill -9 of one fails no idempotent request, and it is replaced within 5 s', async () => {
    const load = platform.load('shop', { connections: 16 });
    await delay(500);
    const startedMs = performance.now();
    const killed = await killInstance(platform, 'shop');
    const healed = await poll(
      async () => {
        const instances = await platform.instances('shop');
        const running = instances.filter(({ state }) => state === 'RUNNING');
        return running.length === 2 && !running.some(({ network }) => network?.veth === killed)
          ? true
          : undefined;
      },
      { intervalMs: 100, timeoutMs: 10_000 },
    );
    const healMs = performance.now() - startedMs;
    const result = await load.stop();
    assert.ok(healed, 'a new instance runs');
    assert.ok(healMs < 5_000, `healed after ${Math.round(healMs)} ms`);
    assert.equal(
      result.failed,
      0,
      `${result.failed} of ${result.requests}: ${result.samples.join(' | ')}`,
    );
  });

  test('kill -9 of the only instance is healed within 5 s', async () => {
    await platform.ok(['scale', 'shop', '-i', '1']);
    await delay(1_500);
    await killInstance(platform, 'shop');
    const startedMs = performance.now();
    const served = await poll(
      async () => ((await platform.get('shop')).status === 200 ? true : undefined),
      {
        intervalMs: 50,
        timeoutMs: 5_000,
      },
    );
    assert.ok(served, `not healed after ${Math.round(performance.now() - startedMs)} ms`);
  });

  test('an app that exits by itself is restarted and its crash is in the events', async () => {
    await platform.get('shop', '/exit');
    const told = await poll(
      async () =>
        /status 3/.test(await platform.ok(['logs', 'shop', '--recent'])) ? true : undefined,
      { intervalMs: 200, timeoutMs: 10_000 },
    );
    assert.ok(told, 'the log says how it ended');
    const served = await poll(
      async () => ((await platform.get('shop')).status === 200 ? true : undefined),
      {
        intervalMs: 100,
        timeoutMs: 10_000,
      },
    );
    assert.ok(served);
    assert.match(await platform.ok(['events', 'shop']), /crash/);
  });
});

/** SIGKILLs every process in the first running instance's container. @returns its veth. */
async function killInstance(platform: TestPlatform, app: string): Promise<string> {
  const [instance] = (await platform.instances(app)).filter(({ state }) => state === 'RUNNING');
  const veth = instance?.network?.veth ?? '';
  const netns =
    (await readdir('/run/netns')).find(name => name.endsWith(veth.slice('w'.length))) ?? '';
  const pids = (await run(['ip', 'netns', 'pids', netns])).stdout
    .split('\n')
    .filter(Boolean)
    .map(Number);
  assert.ok(pids.length > 0, `no process in ${netns}`);
  for (const pid of pids) kill(pid);
  return veth;
}

/** The end of a container's first process ends all others, which are gone by the time it is their turn. */
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ESRCH') throw thrown;
  }
}
