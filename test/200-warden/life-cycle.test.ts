import assert from 'node:assert/strict';
import { existsSync, mkdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { hasCode } from '../../src/core/errors.ts';
import { newInstanceId } from '../../src/core/ids.ts';
import { poll } from '../../src/core/wait.ts';
import { listTcpListenersOf } from '../../src/exec/listeners.ts';
import { run } from '../../src/exec/run.ts';
import { wardenFolder } from '../../src/warden/container-folder.ts';
import { isContainerMissing } from '../../src/warden/runc.ts';
import { openWardenLab, type WardenLab } from '../kit/warden-lab.ts';

let lab: WardenLab;
before(async () => {
  lab = await openWardenLab();
});
after(() => lab[Symbol.asyncDispose]());

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
    return (
      hasCode(error, 'CONTAINER_START_FAILED') &&
      /start: exec: "\/nowhere\/program"/.test(error.message)
    );
  });
  await lab.warden.destroy(spec.instanceId);
});

test('a missing network namespace is named, and leaves nothing behind', async () => {
  const spec = lab.spec({ netnsPath: '/run/netns/sprue-t-absent' });
  await lab.warden.create(spec);
  await assert.rejects(lab.warden.start(spec.instanceId), (error: Error) => {
    return hasCode(error, 'CONTAINER_START_FAILED') && /sprue-t-absent/.test(error.message);
  });
  await lab.warden.destroy(spec.instanceId);
});

test('a container with too little memory to start says so, and leaves nothing behind', async () => {
  const spec = lab.spec({ memoryMib: 1 });
  await lab.warden.create(spec);
  await assert.rejects(lab.warden.start(spec.instanceId), (error: Error) => {
    return hasCode(error, 'CONTAINER_START_FAILED') && /memory/i.test(error.message);
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

test('SIGTERM ends a shell that starts its program over and over', async () => {
  const { instanceId } = await lab.launch({
    args: ['/bin/bash', '-c', 'while :; do echo up; sleep 60; done'],
  });
  assert.ok(await until(() => lab.log(instanceId).stdout === 'up\n'));
  const startMs = performance.now();
  await lab.warden.signal(instanceId, 'SIGTERM');
  await lab.exit(instanceId);
  assert.ok(performance.now() - startMs < 2_000, 'took too long');
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

test('listTcpListenersOf sees from outside where an app listens', async () => {
  const { instanceId, pid } = await lab.launch({
    args: [
      '/opt/node/bin/node',
      '-e',
      'const l = (h, p) => require("net").createServer().listen(p, h, () => console.log("up")); l("127.0.0.1", 8081); l("0.0.0.0", 8082); l("::1", 8083)',
    ],
  });
  assert.ok(await until(() => lab.log(instanceId).stdout === 'up\nup\nup\n'));
  const sockets = (await listTcpListenersOf(pid)).map(socket => `${socket.address} ${socket.port}`);
  assert.deepEqual(sockets.sort(), ['0.0.0.0 8082', '127.0.0.1 8081', '::1 8083']);
  await lab.warden.destroy(instanceId);
  assert.deepEqual(await listTcpListenersOf(pid), []);
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
