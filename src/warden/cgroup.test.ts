import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { Cgroup } from './cgroup.ts';
import type { CgroupHierarchy } from './cgroup-hierarchy.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sprue-cgroup-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

function version1(): CgroupHierarchy {
  const controllers = new Map(['memory', 'cpuacct', 'pids'].map(name => [name, join(root, name)]));
  return { version: 1, controllers, roots: [...controllers.values()], swapLimit: true };
}

function version2(): CgroupHierarchy {
  return { version: 2, roots: [root], swapLimit: true };
}

test('Cgroup reads processes, usage and kills of cgroup v1', () => {
  write({
    'memory/s/1/cgroup.procs': '12\n345\n',
    'memory/s/1/memory.usage_in_bytes': '9000\n',
    'memory/s/1/memory.stat': 'cache 10\ninactive_file 1\ntotal_inactive_file 4000\n',
    'memory/s/1/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 2\n',
    'cpuacct/s/1/cpuacct.usage': '123456\n',
  });
  const cgroup = new Cgroup(version1(), '/s/1');
  assert.deepEqual(cgroup.processes(), [12, 345]);
  assert.deepEqual(cgroup.usage(), { cpuNs: 123456, memoryBytes: 5000 });
  assert.equal(cgroup.outOfMemoryKills(), 2);
});

test('Cgroup reads processes, usage and kills of cgroup v2', () => {
  write({
    's/1/cgroup.procs': '7\n',
    's/1/memory.current': '9000\n',
    's/1/memory.stat': 'anon 10\ninactive_file 4000\n',
    's/1/memory.events': 'low 0\nhigh 0\nmax 9\noom 3\noom_kill 1\noom_group_kill 0\n',
    's/1/cpu.stat': 'usage_usec 2500\nuser_usec 2000\n',
  });
  const cgroup = new Cgroup(version2(), '/s/1');
  assert.deepEqual(cgroup.processes(), [7]);
  assert.deepEqual(cgroup.usage(), { cpuNs: 2_500_000, memoryBytes: 5000 });
  assert.equal(cgroup.outOfMemoryKills(), 1);
});

test('Cgroup kills at once where the kernel offers it', async () => {
  write({ 's/1/cgroup.kill': '' });
  assert.equal(await new Cgroup(version2(), '/s/1').kill(), true);
  assert.equal(readFileSync(join(root, 's/1/cgroup.kill'), 'utf8'), '1');
  assert.equal(await new Cgroup(version2(), '/s/absent').kill(), false);
  assert.equal(await new Cgroup(version1(), '/s/1').kill(), false);
});

test('Cgroup that does not exist has nothing, and is removed with success', async () => {
  for (const hierarchy of [version1(), version2()]) {
    const cgroup = new Cgroup(hierarchy, '/s/absent');
    assert.deepEqual(cgroup.processes(), []);
    assert.equal(cgroup.usage(), undefined);
    assert.equal(cgroup.outOfMemoryKills(), 0);
    await cgroup.remove();
  }
});

test('Cgroup.remove takes nested groups along, from every tree, and nothing beside them', async () => {
  for (const path of ['memory/s/1/deep/er', 'pids/s/1', 'memory/s/2'])
    mkdirSync(join(root, path), { recursive: true });
  await new Cgroup(version1(), '/s/1').remove();
  assert.ok(!existsSync(join(root, 'memory/s/1')));
  assert.ok(!existsSync(join(root, 'pids/s/1')));
  assert.ok(existsSync(join(root, 'memory/s/2')));
});
