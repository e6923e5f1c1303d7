import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { hasCode } from '../../src/core/errors.ts';
import { run } from '../../src/exec/run.ts';
import { launchConmon } from '../../src/warden/conmon.ts';
import { wardenFolder } from '../../src/warden/container-folder.ts';
import { openWardenLab, type WardenLab } from '../kit/warden-lab.ts';

let lab: WardenLab;
before(async () => {
  lab = await openWardenLab();
});
after(() => lab[Symbol.asyncDispose]());

const SOURCE = join(import.meta.dirname, '../../src');
const SLEEP = { args: ['/bin/sleep', '60'] };

test('another agent adopts a running container and gets its exit status', async () => {
  const { instanceId, pid } = await lab.launch({
    args: ['/bin/bash', '-c', 'echo one; sleep 0.5; echo two; exit 5'],
  });
  const other = lab.another();
  assert.deepEqual(
    (await other.list()).filter(info => info.instanceId === instanceId),
    [{ instanceId, state: 'running', pid }],
  );
  assert.deepEqual(await other.start(instanceId), { pid });
  assert.equal((await other.waitForExit(instanceId, AbortSignal.timeout(5_000))).code, 5);
  assert.equal(lab.log(instanceId).stdout, 'one\ntwo\n');
  const third = lab.another();
  assert.equal((await third.waitForExit(instanceId, AbortSignal.timeout(100))).code, 5);
  assert.equal((await third.list()).find(info => info.instanceId === instanceId)?.state, 'exited');
  await third.destroy(instanceId);
});

test('a container outlives the agent that is killed', async () => {
  const spec = lab.spec({ args: ['/bin/bash', '-c', 'sleep 0.5; exit 6'] });
  const agent = `
    import { createWarden } from '${SOURCE}/warden/container-warden.ts';
    import { silentLog } from '${SOURCE}/core/log.ts';
    const warden = createWarden({ stateDir: '${lab.stateDir}', log: silentLog });
    const spec = ${JSON.stringify(spec)};
    await warden.create(spec);
    await warden.start(spec.instanceId);
    process.kill(process.pid, 'SIGKILL');`;
  await run([process.execPath, '--input-type=module', '-e', agent], { okExitCodes: [-1] }).catch(
    () => {},
  );
  assert.equal((await lab.exit(spec.instanceId)).code, 6);
  await lab.warden.destroy(spec.instanceId);
});

test('an agent killed at any moment of a start leaves nothing that cannot be destroyed', async () => {
  for (const afterMs of [0, 2, 5, 10, 20, 30, 40, 50]) {
    const spec = lab.spec(SLEEP);
    const agent = `
      import { createWarden } from '${SOURCE}/warden/container-warden.ts';
      import { silentLog } from '${SOURCE}/core/log.ts';
      const warden = createWarden({ stateDir: '${lab.stateDir}', log: silentLog });
      const spec = ${JSON.stringify(spec)};
      setTimeout(() => process.kill(process.pid, 'SIGKILL'), ${afterMs});
      await warden.create(spec);
      await warden.start(spec.instanceId);
      setInterval(() => {}, 1000);`;
    await assert.rejects(run([process.execPath, '--input-type=module', '-e', agent]));
    const successor = lab.another();
    for (const { instanceId } of await successor.list()) await successor.destroy(instanceId);
    assert.deepEqual(await successor.list(), []);
  }
});

test('an agent killed at any moment of a destroy leaves nothing that cannot be destroyed', async () => {
  for (const afterMs of [0, 2, 4, 6, 8, 10, 14]) {
    const { instanceId } = await lab.launch(SLEEP);
    const agent = `
      import { createWarden } from '${SOURCE}/warden/container-warden.ts';
      import { silentLog } from '${SOURCE}/core/log.ts';
      const warden = createWarden({ stateDir: '${lab.stateDir}', log: silentLog });
      setTimeout(() => process.kill(process.pid, 'SIGKILL'), ${afterMs});
      await warden.destroy('${instanceId}');
      setInterval(() => {}, 1000);`;
    await assert.rejects(run([process.execPath, '--input-type=module', '-e', agent]));
    const successor = lab.another();
    for (const { instanceId } of await successor.list()) await successor.destroy(instanceId);
    assert.deepEqual(await successor.list(), []);
  }
});

test('a container cut short at any point is listed and can be destroyed', async t => {
  const folders = wardenFolder(lab.stateDir);
  const listed = async (id: string) =>
    (await lab.warden.list()).find(info => info.instanceId === id)?.state;

  await t.test('while its folders were made', async () => {
    const spec = lab.spec(SLEEP);
    await lab.warden.create(spec);
    rmSync(folders.container(spec.instanceId).config);
    assert.equal(await listed(spec.instanceId), 'created');
    await assert.rejects(lab.warden.start(spec.instanceId), (error: Error) =>
      hasCode(error, 'CONTAINER_MISSING'),
    );
    await lab.warden.create(spec); // made anew
    await lab.warden.start(spec.instanceId);
    await lab.warden.destroy(spec.instanceId);
  });

  await t.test('between runc create and runc start', async () => {
    for (const goesOn of [true, false]) {
      const spec = lab.spec(SLEEP);
      await lab.warden.create(spec);
      const pid = await launchConmon(spec.instanceId, folders.container(spec.instanceId), folders);
      assert.equal(await listed(spec.instanceId), 'created');
      if (goesOn) assert.deepEqual(await lab.warden.start(spec.instanceId), { pid });
      await lab.warden.destroy(spec.instanceId);
    }
  });

  await t.test('with conmon killed while the app ran', async () => {
    const { instanceId, pid } = await lab.launch(SLEEP);
    const exit = lab.exit(instanceId);
    process.kill(
      Number(readFileSync(folders.container(instanceId).conmonPidFile, 'utf8')),
      'SIGKILL',
    );
    assert.equal(await listed(instanceId), 'running');
    process.kill(pid, 'SIGKILL');
    assert.equal((await exit).code, 255, 'nobody saw the exit status');
    assert.equal(await listed(instanceId), 'exited');
    await lab.warden.destroy(instanceId);
  });

  await t.test('with runc’s state lost', async () => {
    const { instanceId } = await lab.launch(SLEEP);
    rmSync(folders.container(instanceId).runcState, { recursive: true });
    await lab.warden.destroy(instanceId);
  });

  await t.test('with runc’s state empty', async () => {
    const { instanceId } = await lab.launch(SLEEP);
    rmSync(join(folders.container(instanceId).runcState, 'state.json'));
    await lab.warden.destroy(instanceId);
  });

  await t.test('after a restart of the machine', async () => {
    const { instanceId, pid } = await lab.launch(SLEEP);
    process.kill(pid, 'SIGKILL');
    await lab.exit(instanceId);
    const folder = folders.container(instanceId);
    rmSync(folder.exitFile);
    rmSync(folder.runcState, { recursive: true });
    assert.equal(await listed(instanceId), 'exited');
    assert.equal((await lab.exit(instanceId)).code, 255);
    await lab.warden.destroy(instanceId);
  });
});
