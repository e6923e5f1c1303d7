import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { LoadResult } from '../kit/load.ts';
import { root, TestPlatform } from '../kit/platform.ts';

const app = join(root, 'test/fixtures/probe-app');

describe('zero downtime under 64 connections', () => {
  let platform: TestPlatform;
  before(async () => {
    platform = await TestPlatform.start();
    await platform.ok(['push', 'shop', '-p', app, '-m', '128M']);
  });
  after(() => platform[Symbol.asyncDispose]());

  test('a redeploy of the only instance fails no request', async () => {
    await platform.ok(['set-env', 'shop', 'VERSION', 'two']);
    const load = platform.load('shop');
    await delay(500);
    await platform.ok(['push', 'shop', '-p', app, '-m', '128M']);
    await delay(1_000);
    const result = await load.stop();
    assertNoneFailed(result);
    assert.ok((result.bodies['version none\n'] ?? 0) > 0, 'the old version answered');
    assert.ok((result.bodies['version two\n'] ?? 0) > 0, 'the new version answered');
    assert.equal((await platform.get('shop')).body, 'version two\n');
  });

  test('scaling up and down fails no request', async () => {
    const load = platform.load('shop');
    await delay(300);
    await platform.ok(['scale', 'shop', '-i', '3']);
    await delay(1_000);
    assert.equal(
      (await platform.instances('shop')).filter(({ state }) => state === 'RUNNING').length,
      3,
    );
    await platform.ok(['scale', 'shop', '-i', '1']);
    await delay(2_000);
    assertNoneFailed(await load.stop());
  });

  test('kill -9 of controller and DEA and their restart fail no request', async () => {
    const [instance] = await platform.instances('shop');
    const load = platform.load('shop');
    await delay(300);
    await platform.killUp('SIGKILL');
    await delay(1_000);
    await platform.up();
    await delay(2_000);
    assertNoneFailed(await load.stop());
    const [adopted] = await platform.instances('shop');
    assert.deepEqual(adopted?.network, instance?.network, 'the same container serves');
  });

  test('stopping sprue up leaves apps running, and starting it again adopts them', async () => {
    const load = platform.load('shop');
    await delay(300);
    await platform.killUp('SIGTERM');
    await delay(1_000);
    assert.equal((await platform.get('shop')).status, 200);
    await platform.up();
    await delay(1_000);
    assertNoneFailed(await load.stop());
  });

  test('a push that fails leaves the old version serving and shows why', async () => {
    const load = platform.load('shop');
    const crashing = join(root, 'test/fixtures/crashing-app');
    const { exitCode, stdout, stderr } = await platform.sprue([
      'push',
      'shop',
      '-p',
      crashing,
      '-m',
      '128M',
    ]);
    await delay(1_000);
    assertNoneFailed(await load.stop());
    assert.equal(exitCode, 6, stdout + stderr);
    assert.match(stdout + stderr, /status 7/);
    assert.match(stdout + stderr, /the reason is printed here/);
    assert.equal((await platform.get('shop')).body, 'version two\n');
  });
});

function assertNoneFailed(result: LoadResult): void {
  assert.ok(result.requests > 200, `too little load to prove anything: ${result.requests}`);
  assert.equal(
    result.failed,
    0,
    `${result.failed} of ${result.requests} failed: ${result.samples.join(' | ')}`,
  );
}
