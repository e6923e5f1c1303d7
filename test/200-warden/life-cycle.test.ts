import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { hasCode } from '../../src/core/errors.ts';
import { newInstanceId } from '../../src/core/ids.ts';
import { poll } from '../../src/core/wait.ts';
import { run } from '../../src/exec/run.ts';
import { wardenFolder } from '../../src/warden/container-folder.ts';
import { listeningSockets } from '../../src/warden/listening-sockets.ts';
import { isContainerMissing } from '../../src/warden/runc.ts';
import { openWardenLab, type WardenLab } from '../kit/warden-lab.ts';

let lab: WardenLab;
before(async () => {
  lab = await openWardenLab();
});
after(() => lab[Symbol.asyncDispose]());

const SOURCE = join(import.meta.dirname, '../../src');
const SLEEP = { args: ['/bin/sleep', '60'] };

function until(condition: () => boolean | Promise<boolean>): Promise<true | undefined> {
  return poll(async () => (await condition()) || undefined, { intervalMs: 10, timeoutMs: 8_000 });
}

test('the environment arrives byte for byte, and nothing else with it', async () => {
  const env = {
    PATH: '/usr/bin:/bin',
    HOME: '/home/vcap',
    QUOTES: `it's "quoted" \`id\` \\`,
    DOLLAR: '$(id) $HOME !! %n',
    BRACES: ['$', '{HOME}'].join(''),
    LINES: 'one\ntwo\n\n three\t',
    EMPTY: '',
    UNICODE: 'grüße 🌊',
    'with.dot-and-dash': 'yes',
    LONG: 'x'.repeat(100_000),
  };
  const { exit, stdout } = await lab.finish({
    args: [
      '/opt/node/bin/node',
      '-e',
      'process.stdout.write(require("fs").readFileSync("/proc/self/environ").toString("base64"))',
    ],
    env,
  });
  assert.equal(exit.code, 0);
  const received = Buffer.from(stdout.trim(), 'base64').toString().split('\0').filter(Boolean);
  assert.deepEqual(
    received.sort(),
    Object.entries(env)
      .map(([name, value]) => `${name}=${value}`)
      .sort(),
  );
});

test('arguments arrive as they are', async () => {
  const strange = ['$(id)', "it's", '', 'a\nb', '*'];
  const { stdout } = await lab.finish({ args: ['/usr/bin/printf', '[%s]', ...strange] });
  assert.equal(stdout, "[$(id)][it's][][a\nb][*]");
});

test('the log holds both streams, and the exit status is the app’s', async () => {
  const { exit, stdout, stderr } = await lab.script(
    'echo out; echo err >&2; printf "no end"; exit 42',
  );
  assert.equal(stdout.trimEnd(), 'out\nno end');
  assert.equal(stderr, 'err\n');
  assert.deepEqual(exit, { code: 42, outOfMemory: false });
});

test('an app that ends by a signal has the code 128 + signal', async () => {
  const { exit } = await lab.finish({
    args: ['/usr/bin/python3', '-c', 'import ctypes; ctypes.string_at(0)'],
  });
  assert.equal(exit.code, 139);
});

test('a start command that does not exist is named, and leaves nothing behind', async () => {
  const spec = lab.spec({ args: ['/nowhere/program'] });
  await lab.warden.create(spec);
  await assert.rejects(lab.warden.start(spec.instanceId), (error: Error) => {
    return hasCode(error, 'CONTAINER_START_FAILED') && /\/nowhere\/program/.test(error.message);
  });
  await lab.warden.destroy(spec.instanceId);
});

test('SIGTERM ends an app that has no handler for it', async () => {
  for (const args of [
    SLEEP.args,
    ['/opt/node/bin/node', '-e', 'setInterval(() => {}, 1000); console.log("up")'],
  ]) {
    const { instanceId } = await lab.launch({ args });
    if (args !== SLEEP.args) await until(() => lab.log(instanceId).stdout === 'up\n');
    const startMs = performance.now();
    await lab.warden.signal(instanceId, 'SIGTERM');
    assert.ok((await lab.exit(instanceId)).code >= 128);
    assert.ok(performance.now() - startMs < 2_000, 'took too long');
    await lab.warden.destroy(instanceId);
  }
});

test('SIGTERM reaches an app behind a shell, which may end in its own time', async () => {
  const app =
    'process.on("SIGTERM", () => setTimeout(() => { console.log("bye"); process.exit(0) }, 400)); setInterval(() => {}, 1000); console.log("up")';
  const { instanceId } = await lab.launch({
    args: ['/bin/bash', '-c', `node -e '${app}'; exit $?`],
  });
  assert.ok(await until(() => lab.log(instanceId).stdout === 'up\n'));
  await lab.warden.signal(instanceId, 'SIGTERM');
  assert.equal((await lab.exit(instanceId)).code, 0);
  assert.equal(lab.log(instanceId).stdout, 'up\nbye\n');
  await lab.warden.destroy(instanceId);
});

test('SIGKILL ends an app, with all its children, that ignores SIGTERM', async () => {
  const { instanceId, pid } = await lab.launch({
    args: ['/bin/bash', '-c', 'trap "" TERM; sleep 60 & sleep 60 & echo up; wait; wait'],
  });
  assert.ok(await until(() => lab.log(instanceId).stdout === 'up\n'));
  await lab.warden.signal(instanceId, 'SIGTERM');
  await new Promise(resolve => setTimeout(resolve, 300));
  process.kill(pid, 0);
  await lab.warden.signal(instanceId, 'SIGKILL');
  assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
  assert.equal((await lab.exit(instanceId)).code, 137);
  await lab.warden.signal(instanceId, 'SIGTERM'); // ended is success
  await lab.warden.destroy(instanceId);
});

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

test('waiting can be aborted, and ends with destroy', async () => {
  const { instanceId } = await lab.launch(SLEEP);
  await assert.rejects(lab.warden.waitForExit(instanceId, AbortSignal.timeout(50)), {
    name: 'TimeoutError',
  });
  const exit = lab.exit(instanceId);
  await lab.warden.destroy(instanceId);
  assert.equal((await exit).code, 137);
  await assert.rejects(lab.exit(instanceId), (error: Error) => hasCode(error, 'CONTAINER_MISSING'));
});

test('create, start and destroy may be repeated', async () => {
  const spec = lab.spec(SLEEP);
  const first = await lab.warden.create(spec);
  writeFileSync(join(first.homePath, 'kept'), '');
  assert.deepEqual(await lab.warden.create(spec), first);
  assert.ok(existsSync(join(first.homePath, 'kept')));
  const [one, two] = await Promise.all([
    lab.warden.start(spec.instanceId),
    lab.warden.start(spec.instanceId),
  ]);
  assert.deepEqual(one, two);
  await Promise.all([lab.warden.destroy(spec.instanceId), lab.warden.destroy(spec.instanceId)]);
  await lab.warden.destroy(spec.instanceId);
  await lab.warden.destroy(newInstanceId());
  await lab.warden.signal(newInstanceId(), 'SIGTERM');
  await lab.warden.signal(newInstanceId(), 'SIGKILL');
});

test('own gives files to vcap, links but not what they point to, and only in the home', async () => {
  const spec = lab.spec({
    args: [
      '/bin/bash',
      '-c',
      'stat -c "%u:%g %n" ~/app ~/app/deep/x; echo y >> ~/app/deep/x && rm -r ~/app && echo removed',
    ],
  });
  const { homePath } = await lab.warden.create(spec);
  const outside = join(lab.stateDir, 'outside');
  writeFileSync(outside, '');
  mkdirSync(join(homePath, 'app/deep'), { recursive: true });
  writeFileSync(join(homePath, 'app/deep/x'), '');
  symlinkSync(outside, join(homePath, 'app/link'));
  symlinkSync(lab.stateDir, join(homePath, 'app/folder-link'));
  await lab.warden.own(spec.instanceId, join(homePath, 'app'));
  assert.equal(statSync(outside).uid, 0);
  for (const path of [outside, join(homePath, '..'), '/etc', join(homePath, 'app/folder-link')])
    await assert.rejects(lab.warden.own(spec.instanceId, path), (error: Error) =>
      hasCode(error, 'PATH_OUTSIDE_CONTAINER'),
    );
  await lab.warden.start(spec.instanceId);
  assert.equal((await lab.exit(spec.instanceId)).code, 0);
  assert.equal(
    lab.log(spec.instanceId).stdout,
    '2000:2000 /home/vcap/app\n2000:2000 /home/vcap/app/deep/x\nremoved\n',
  );
  await assert.rejects(lab.warden.own(spec.instanceId, homePath), (error: Error) =>
    hasCode(error, 'PATH_OUTSIDE_CONTAINER'),
  );
  rmSync(outside);
  await lab.warden.destroy(spec.instanceId);
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
    const { launchConmon } = await import('../../src/warden/conmon.ts');
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

test('an app that hides its files in very long paths cannot prevent its removal', async () => {
  const deep = `python3 -c "
import os
for _ in range(100):
  os.mkdir('d' * 200); os.chdir('d' * 200)
open('x', 'w').close()"; chmod 000 ~`;
  assert.equal((await lab.script(deep)).exit.code, 0);
});

test('isContainerMissing recognises what runc says', async () => {
  const error = await run([
    'runc',
    '--root',
    wardenFolder(lab.stateDir).runc,
    'delete',
    'nobody',
  ]).catch(reason => reason);
  assert.ok(isContainerMissing(error), String(error));
  const other = await run(['runc', '--root', '/dev/null', 'delete', 'nobody']).catch(
    reason => reason,
  );
  assert.ok(!isContainerMissing(other), String(other));
});

test('listeningSockets sees from outside where an app listens', async () => {
  const { instanceId, pid } = await lab.launch({
    args: [
      '/opt/node/bin/node',
      '-e',
      'const l = (h, p) => require("net").createServer().listen(p, h, () => console.log("up")); l("127.0.0.1", 8081); l("0.0.0.0", 8082); l("::1", 8083)',
    ],
  });
  assert.ok(await until(() => lab.log(instanceId).stdout === 'up\nup\nup\n'));
  const sockets = (await listeningSockets(pid)).map(socket => `${socket.address} ${socket.port}`);
  assert.deepEqual(sockets.sort(), ['0.0.0.0 8082', '127.0.0.1 8081', '::1 8083']);
  await lab.warden.destroy(instanceId);
  assert.deepEqual(await listeningSockets(pid), []);
});

test('twenty containers live side by side', async () => {
  const started = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      lab.launch({ args: ['/bin/bash', '-c', `echo ${index}; sleep 0.3; exit ${index}`] }),
    ),
  );
  const exits = await Promise.all(started.map(({ instanceId }) => lab.exit(instanceId)));
  assert.deepEqual(
    exits.map(exit => exit.code),
    started.map((_, index) => index),
  );
  assert.deepEqual(
    started.map(({ instanceId }) => lab.log(instanceId).stdout),
    started.map((_, index) => `${index}\n`),
  );
  await Promise.all(started.map(({ instanceId }) => lab.warden.destroy(instanceId)));
});
