import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { hasCode } from '../../src/core/errors.ts';
import { silentLog } from '../../src/core/log.ts';
import { createWarden } from '../../src/warden/container-warden.ts';
import { openWardenLab } from '../kit/warden-lab.ts';

test('createWarden names the folder that containers cannot pass', () => {
  const closed = mkdtempSync(join(tmpdir(), 'sprue-closed-')); // 0700
  try {
    assert.throws(
      () => createWarden({ stateDir: join(closed, 'state'), log: silentLog }),
      (error: Error) => hasCode(error, 'CONTAINER_FOLDER_CLOSED') && error.message.includes(closed),
    );
  } finally {
    rmSync(closed, { recursive: true });
  }
});

test('a state directory may be reached through a link', async () => {
  await using lab = await openWardenLab();
  mkdirSync(join(lab.stateDir, 'real'), { mode: 0o700 });
  const link = join(lab.stateDir, 'link');
  symlinkSync('real', link);
  const warden = createWarden({ stateDir: link, log: silentLog });
  const spec = lab.spec({ args: ['/bin/sh', '-c', 'exit 4'] });
  await warden.create(spec);
  await warden.start(spec.instanceId);
  const exit = await warden.waitForExit(spec.instanceId, AbortSignal.timeout(5_000));
  assert.equal(exit.code, 4);
  await warden.tearDown();
  rmSync(link);
  rmSync(join(lab.stateDir, 'real'), { recursive: true });
});

test('two platforms on one machine leave each other alone', async () => {
  await using one = await openWardenLab();
  const two = await openWardenLab();
  const { instanceId, pid } = await one.launch({ args: ['/bin/sleep', '60'] });
  await two.launch({ args: ['/bin/sleep', '60'] });
  assert.equal((await two.warden.list()).length, 1);
  await two.warden.destroy(instanceId);
  await two[Symbol.asyncDispose]();
  process.kill(pid, 0);
  assert.deepEqual(await one.warden.list(), [{ instanceId, state: 'running', pid }]);
});

test('tearDown may be repeated and ends everything', async () => {
  await using lab = await openWardenLab();
  for (let count = 0; count < 3; count += 1) await lab.launch({ args: ['/bin/sleep', '60'] });
  await lab.warden.tearDown();
  await lab.warden.tearDown();
  assert.deepEqual(await lab.warden.list(), []);
});
