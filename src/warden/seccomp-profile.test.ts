import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seccompProfile } from './seccomp-profile.ts';

const profile = seccompProfile('x64');
const allowed = profile.syscalls
  .filter(rule => rule.action === 'SCMP_ACT_ALLOW' && rule.args === undefined)
  .flatMap(rule => rule.names);

test('seccompProfile denies by default and allows nothing twice', () => {
  assert.equal(profile.defaultAction, 'SCMP_ACT_ERRNO');
  assert.deepEqual(allowed, [...new Set(allowed)]);
  assert.ok(allowed.every(name => /^[a-z][a-z0-9_]+$/.test(name)));
});

test('seccompProfile allows what every program needs', () => {
  for (const name of ['read', 'execve', 'futex', 'epoll_wait', 'accept4', 'wait4', 'rseq'])
    assert.ok(allowed.includes(name), name);
});

test('seccompProfile leaves out calls that reach the kernel, the host or other processes', () => {
  const dangerous = `add_key bpf chroot clock_settime delete_module finit_module fsopen init_module
    io_uring_setup ioperm iopl kexec_load keyctl mount move_mount open_by_handle_at perf_event_open
    pivot_root process_vm_readv ptrace quotactl reboot request_key setdomainname sethostname setns
    swapon syslog umount2 unshare userfaultfd`.split(/\s+/);
  for (const name of dangerous) assert.ok(!allowed.includes(name), name);
});

test('seccompProfile lets clone make processes but no namespaces, and hides clone3', () => {
  const clone = profile.syscalls.find(rule => rule.names.includes('clone'));
  const newUser = 0x1000_0000;
  const mask = clone?.args?.[0]?.value ?? 0;
  assert.notEqual(mask & newUser, 0);
  assert.equal(clone?.args?.[0]?.valueTwo, 0);
  assert.equal(profile.syscalls.find(rule => rule.names.includes('clone3'))?.errnoRet, 38);
});

test('seccompProfile knows x86_64 and arm64', () => {
  assert.deepEqual(profile.architectures, ['SCMP_ARCH_X86_64']);
  assert.deepEqual(seccompProfile('arm64').architectures, ['SCMP_ARCH_AARCH64']);
});
