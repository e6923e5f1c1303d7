import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { poll } from '../../src/core/wait.ts';
import { LOG_MAX_BYTES } from '../../src/warden/conmon.ts';
import { eventually } from '../kit/eventually.ts';
import { openWardenLab, type WardenLab } from '../kit/warden-lab.ts';

let lab: WardenLab;
before(async () => {
  lab = await openWardenLab();
});
after(() => lab[Symbol.asyncDispose]());

const EAT_MEMORY = `python3 -c "x = bytearray(200 * 2**20)"`;

test('a container over its memory limit is killed and the exit says why', async () => {
  const { exit } = await lab.script(`exec ${EAT_MEMORY}`, { memoryMib: 64 });
  assert.deepEqual(exit, { code: 137, outOfMemory: true });
});

test('a child over the memory limit is named when the app then fails', async () => {
  const { exit } = await lab.script(`${EAT_MEMORY} || exit 3`, { memoryMib: 64 });
  assert.deepEqual(exit, { code: 3, outOfMemory: true });
});

test('files in /dev/shm count as memory', async () => {
  const { exit } = await lab.script('head -c 60M /dev/zero > /dev/shm/x', { memoryMib: 32 });
  assert.deepEqual(exit, { code: 137, outOfMemory: true });
});

test('a container killed by somebody else did not run out of memory', async () => {
  const { exit } = await lab.script('sh -c "kill -KILL \\$\\$"; exit $?');
  assert.deepEqual(exit, { code: 137, outOfMemory: false });
});

test('a fork bomb ends at the limit of processes and leaves its neighbours alone', async () => {
  const neighbour = await lab.launch({ args: ['/bin/sleep', '60'] });
  const bomb = await lab.launch({
    args: ['/bin/bash', '-c', 'bomb() { bomb | bomb & }; bomb; sleep 60'],
    pids: 40,
  });
  const full = await poll(() => lab.log(bomb.instanceId).stderr.includes('fork') || undefined, {
    intervalMs: 20,
    timeoutMs: 10_000,
  });
  assert.ok(full, 'no fork was refused');
  assert.equal((await lab.script('echo alive')).stdout, 'alive\n');
  await lab.warden.destroy(bomb.instanceId);
  process.kill(neighbour.pid, 0);
  await lab.warden.destroy(neighbour.instanceId);
});

test('limits of open files and core dumps are as promised', async () => {
  const { stdout } = await lab.script('ulimit -n; ulimit -Hn; ulimit -c');
  assert.equal(stdout, '16384\n16384\n0\n');
});

test('an app cannot take the waiting signals and timers of the whole host', async () => {
  const flood = `python3 - <<'END'
import ctypes, os, signal, time
libc = ctypes.CDLL(None)
signal.pthread_sigmask(signal.SIG_BLOCK, {40})
n = 0
while libc.sigqueue(os.getpid(), 40, 0) == 0: n += 1
print(n, flush=True)
time.sleep(60)
END`;
  const flooder = await lab.launch({ args: ['/bin/bash', '-c', flood] });
  const queued = await poll(() => lab.log(flooder.instanceId).stdout || undefined, {
    intervalMs: 20,
    timeoutMs: 10_000,
  });
  assert.ok(Number(queued) <= 4_096, `${queued} signals wait`);
  const timer =
    'import ctypes; print(ctypes.CDLL(None).timer_create(0, None, ctypes.byref(ctypes.c_long())))';
  assert.equal((await lab.script(`python3 -c '${timer}'`)).stdout, '0\n', 'a neighbour has timers');
  await lab.warden.destroy(flooder.instanceId);
});

test('an app cannot take the inotify instances of the whole host', async () => {
  const take = `import ctypes
libc = ctypes.CDLL(None); n = 0
while n < 1000 and libc.inotify_init() >= 0: n += 1
print(n)`;
  assert.equal((await lab.script(`python3 -c '${take}'`)).stdout, '32\n');
});

test('Node sizes its heap by the memory limit of the container', async () => {
  const { stdout } = await lab.script('node -p "process.constrainedMemory()"', { memoryMib: 96 });
  assert.equal(stdout, `${96 * 2 ** 20}\n`);
});

test('CPU time under contention follows the memory of the apps', async () => {
  const spin = ['/bin/bash', '-c', 'for i in 1 2 3; do (while :; do :; done) & done; wait'];
  const small = await lab.launch({ args: spin, memoryMib: 128 });
  const big = await lab.launch({ args: spin, memoryMib: 512 });
  const used = async () => [
    (await lab.warden.usage(small.instanceId))?.cpuNs ?? 0,
    (await lab.warden.usage(big.instanceId))?.cpuNs ?? 0,
  ];
  const [smallBefore = 0, bigBefore = 0] = await used();
  await new Promise(resolve => setTimeout(resolve, 2_000));
  const [smallAfter = 0, bigAfter = 0] = await used();
  const ratio = (bigAfter - bigBefore) / (smallAfter - smallBefore);
  await Promise.all([small, big].map(({ instanceId }) => lab.warden.destroy(instanceId)));
  assert.ok(ratio > 2 && ratio < 8, `512 MiB got ${ratio.toFixed(1)} times the CPU of 128 MiB`);
});

test('usage tells CPU, memory and disk', async () => {
  const { instanceId } = await lab.launch({
    args: [
      '/bin/bash',
      '-c',
      'head -c 3M /dev/urandom > ~/x; head -c 2M /dev/zero > /tmp/y; sync; echo done; exec sleep 60',
    ],
  });
  await eventually(() => lab.log(instanceId).stdout === 'done\n');
  const usage = await lab.warden.usage(instanceId);
  assert.ok(usage);
  assert.ok(usage.cpuNs > 1e6, `${usage.cpuNs} ns`);
  assert.ok(usage.memoryBytes > 1e5 && usage.memoryBytes < 64 * 2 ** 20, `${usage.memoryBytes} B`);
  assert.ok(
    usage.diskBytes >= 5 * 2 ** 20 && usage.diskBytes < 6 * 2 ** 20,
    `${usage.diskBytes} B`,
  );
  await lab.warden.destroy(instanceId);
  assert.equal(await lab.warden.usage(instanceId), undefined);
});

test('a flood of output neither fills the disk nor stops the app', async () => {
  const { instanceId } = await lab.launch({
    args: ['/bin/bash', '-c', 'head -c 60M /dev/zero | tr "\\0" x | fold -w 1000; echo; echo last'],
  });
  assert.equal((await lab.exit(instanceId)).code, 0);
  assert.ok(statSync(lab.warden.logPath(instanceId)).size <= LOG_MAX_BYTES);
  assert.match(lab.log(instanceId).stdout, /\nlast\n$/);
  await lab.warden.destroy(instanceId);
});

test('usage counts files that are open or mapped but have no name any more', async () => {
  const script = `python3 - <<'END'
import mmap, os, time
def hidden(path):
    f = open(path, 'w+b'); f.write(b'x' * 3 * 2**20); f.flush(); os.unlink(path)
    return f
kept = hidden('/tmp/open')
other = hidden('/home/vcap/mapped')
area = mmap.mmap(other.fileno(), 0); other.close()
print('done', flush=True)
time.sleep(60)
END`;
  const { instanceId } = await lab.launch({ args: ['/bin/bash', '-c', script] });
  await poll(() => lab.log(instanceId).stdout === 'done\n' || undefined, {
    intervalMs: 20,
    timeoutMs: 5_000,
  });
  const usage = await lab.warden.usage(instanceId);
  const diskMib = (usage?.diskBytes ?? 0) / 2 ** 20;
  assert.ok(diskMib > 6 && diskMib < 7, `${diskMib} MiB`);
  await lab.warden.destroy(instanceId);
});
