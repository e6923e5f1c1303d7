import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InstanceId } from '../core/ids.ts';
import { wardenFolder } from './container-folder.ts';
import { type OciContext, planOciSpec } from './oci-spec.ts';
import type { ContainerSpec } from './warden.ts';

const instanceId = '6f3c2b1a-0000-4000-8000-000000000001' as InstanceId;
const folder = wardenFolder('/state').container(instanceId);
const spec: ContainerSpec = {
  instanceId,
  netnsPath: '/run/netns/n',
  hostname: 'shop-0',
  args: ['/bin/bash', '-c', 'node server.js'],
  cwd: '/home/vcap/app',
  env: { PORT: '8080', TEXT: 'a=b\n$(c)' },
  memoryMib: 256,
  diskMib: 1024,
  pids: 100,
  containerIp: '10.254.0.9',
  nameservers: [],
  mounts: [{ source: '/opt/tool', destination: '/opt/tool', readOnly: true }],
};
const context: OciContext = {
  folder,
  cgroupsPath: '/sprue-1/6f3c',
  uidBase: 100_000,
  swapLimit: true,
  architecture: 'x64',
};
const plan = (change: Partial<ContainerSpec> = {}, where: Partial<OciContext> = {}) =>
  planOciSpec({ ...spec, ...change }, { ...context, ...where });

test('planOciSpec runs the command as vcap with the given environment and no rights', () => {
  const { process } = plan();
  assert.deepEqual(process.args, spec.args);
  assert.deepEqual(process.env, ['PORT=8080', 'TEXT=a=b\n$(c)']);
  assert.deepEqual([process.user.uid, process.user.gid], [2000, 2000]);
  assert.equal(process.noNewPrivileges, true);
  assert.ok(Object.values(process.capabilities).every(set => set.length === 0));
});

test('planOciSpec gives every kind of namespace, and the prepared network', () => {
  const { namespaces, uidMappings, gidMappings } = plan({}, { uidBase: 300_000 }).linux;
  assert.deepEqual(namespaces.map(namespace => namespace.type).sort(), [
    'cgroup',
    'ipc',
    'mount',
    'network',
    'pid',
    'user',
    'uts',
  ]);
  assert.equal(namespaces.find(({ type }) => type === 'network')?.path, '/run/netns/n');
  assert.deepEqual(uidMappings, [{ containerID: 0, hostID: 300_000, size: 65_536 }]);
  assert.deepEqual(gidMappings, uidMappings);
});

test('planOciSpec leaves no swap, and asks for no limit that the kernel has not', () => {
  const limit = 256 * 2 ** 20;
  assert.deepEqual(plan().linux.resources.memory, { limit, swap: limit });
  assert.deepEqual(plan({}, { swapLimit: false }).linux.resources.memory, { limit });
});

test('planOciSpec shares the CPU by memory, within bounds', () => {
  const shares = [1, 64, 1024, 65_536].map(
    memoryMib => plan({ memoryMib }).linux.resources.cpu.shares,
  );
  assert.deepEqual(shares, [32, 64, 1024, 8192]);
});

test('planOciSpec makes nothing writable but the home, /tmp and memory', () => {
  const { mounts, root } = plan();
  assert.equal(root.readonly, true);
  const writable = mounts
    .filter(({ options }) => !options.includes('ro'))
    .map(({ destination, type }) => `${type} ${destination}`);
  assert.deepEqual(writable, [
    'proc /proc',
    'tmpfs /dev',
    'devpts /dev/pts',
    'tmpfs /dev/shm',
    'bind /home/vcap',
    'bind /tmp',
  ]);
  assert.ok(mounts.every(({ options }) => options.includes('nosuid')));
});

test('planOciSpec shows of the machine only /usr, alternatives, certificates and what was asked for', () => {
  const sources = plan()
    .mounts.filter(({ type }) => type === 'bind')
    .map(({ source }) => source);
  assert.deepEqual(sources, [
    '/usr',
    '/etc/alternatives',
    '/etc/ssl/certs',
    '/opt/tool',
    folder.home,
    folder.tmp,
  ]);
});
