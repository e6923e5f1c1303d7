import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '../core/errors.ts';
import { parseCgroupMounts } from './cgroup-hierarchy.ts';

const HYBRID = `\
24 30 0:22 / /proc rw,relatime - proc proc rw
33 32 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct
35 32 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
36 32 0:36 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids
37 32 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,name=systemd
38 32 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw,nsdelegate
99 32 0:32 /docker/x /var/lib/other/memory rw,relatime - cgroup cgroup rw,memory
`;
const UNIFIED = '30 25 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n';

test('parseCgroupMounts finds the trees of a hybrid machine', () => {
  const found = parseCgroupMounts(HYBRID, path =>
    path.endsWith('memory/memory.memsw.limit_in_bytes'),
  );
  assert.ok(found.version === 1);
  assert.equal(found.controllers.get('memory'), '/sys/fs/cgroup/memory');
  assert.equal(found.controllers.get('cpuacct'), '/sys/fs/cgroup/cpu,cpuacct');
  assert.ok(found.roots.includes('/sys/fs/cgroup/systemd'));
  assert.ok(found.roots.includes('/sys/fs/cgroup/unified'));
  assert.equal(found.swapLimit, true);
});

test('parseCgroupMounts finds the one tree of cgroup v2', () => {
  const found = parseCgroupMounts(UNIFIED, () => false);
  assert.deepEqual(found, { version: 2, roots: ['/sys/fs/cgroup'], swapLimit: false });
});

test('parseCgroupMounts refuses a machine that cannot limit memory', () => {
  for (const mounts of ['', HYBRID.replace('cgroup rw,pids', 'cgroup rw,blkio')])
    assert.throws(
      () => parseCgroupMounts(mounts, () => true),
      (error: Error) => hasCode(error, 'CGROUPS_MISSING'),
    );
});
