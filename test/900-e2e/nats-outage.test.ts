import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { root, TestPlatform } from '../kit/platform.ts';

const app = join(root, 'test/fixtures/probe-app');

describe('NATS dies', () => {
  let platform: TestPlatform;
  before(async () => {
    platform = await TestPlatform.start();
    await platform.ok(['push', 'shop', '-p', app, '-m', '128M']);
  });
  after(() => platform[Symbol.asyncDispose]());

  test('while apps are used: no request fails, and it is started again', async () => {
    const load = platform.load('shop', { connections: 16 });
    await delay(300);
    killNats(platform);
    await delay(3_000);
    const { requests, failed, samples } = await load.stop();
    assert.equal(failed, 0, `${failed} of ${requests}: ${samples.join(' | ')}`);
    assert.match(await platform.ok(['apps']), /shop/);
  });

  for (const afterMs of [100, 400, 800]) {
    test(`${afterMs} ms into a push: the push completes or fails, and the state is consistent`, async () => {
      const pushing = platform.sprue(['push', 'shop', '-p', app, '-m', '128M']);
      await delay(afterMs);
      killNats(platform);
      const { exitCode, stdout, stderr } = await pushing;
      assert.doesNotMatch(stdout + stderr, /\n\s+at .*\.ts:\d+/, 'no stack trace');
      if (exitCode !== 0) assert.notEqual(stderr.trim(), '', 'a failure says why');
      assert.equal((await platform.get('shop')).status, 200, 'the app has served all the time');
      await platform.ok(['push', 'shop', '-p', app, '-m', '128M']);
      const running = (await platform.instances('shop')).filter(({ state }) => state === 'RUNNING');
      assert.equal(running.length, 1, 'exactly one instance');
    });
  }
});

function killNats(platform: TestPlatform): void {
  const record = join(platform.stateDir, 'nats', 'nats-server.json');
  process.kill(JSON.parse(readFileSync(record, 'utf8')).pid, 'SIGKILL');
}
