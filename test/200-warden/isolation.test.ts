import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { run } from '../../src/exec/run.ts';
import { openWardenLab, type WardenLab } from '../kit/warden-lab.ts';

let lab: WardenLab;
before(async () => {
  lab = await openWardenLab();
});
after(() => lab[Symbol.asyncDispose]());

test('a container runs as vcap without capabilities, new privileges or an open seccomp filter', async () => {
  const { stdout } = await lab.script('id -u; id -g; id -un; cat /proc/self/status');
  const [uid, gid, name] = stdout.split('\n');
  assert.deepEqual([uid, gid, name], ['2000', '2000', 'vcap']);
  for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'])
    assert.match(stdout, new RegExp(`^${set}:\\s+0{16}$`, 'm'));
  assert.match(stdout, /^NoNewPrivs:\s+1$/m);
  assert.match(stdout, /^Seccomp:\s+2$/m);
});

test('a container runs as an id on the host that is no user of it', async () => {
  const { pid, instanceId } = await lab.launch({ args: ['/bin/sleep', '60'] });
  const { stdout } = await lab.script('cat /proc/self/uid_map');
  assert.match(stdout, /^\s+0\s+100000\s+65536$/m);
  assert.match(readFileSync(`/proc/${pid}/status`, 'utf8'), /^Uid:\s+102000\s+102000/m);
  await lab.warden.destroy(instanceId);
});

test('a container sees nothing of the machine but /usr, certificates and alternatives', async () => {
  const secret = mkdtempSync('/root/sprue-secret-');
  writeFileSync(`${secret}/key`, 'secret');
  try {
    const { stdout } = await lab.script(`
      for path in /etc/shadow /etc/ssh /root /work /var/lib ${secret} ${lab.stateDir} /boot /srv; do
        [ -e $path ] && echo "visible $path"; done
      ls -A /home /sys /etc; ls -A /; wc -l < /etc/passwd`);
    assert.doesNotMatch(stdout, /visible/);
    const entries = stdout.split('\n');
    for (const expected of ['usr', 'vcap', 'hosts', 'resolv.conf'])
      assert.ok(entries.includes(expected), expected);
    for (const foreign of ['root', 'work', 'shadow', 'lost+found', 'environment', 'fstab', 'apt'])
      assert.ok(!entries.includes(foreign), foreign);
    assert.ok(entries.includes('3'), 'three users');
  } finally {
    rmSync(secret, { recursive: true });
  }
});

test('a container writes to its home, /tmp and /dev/shm only, and may run what it wrote', async () => {
  const { stdout, exit } = await lab.script(`
    cp /bin/true ~/program && ~/program && echo executed
    cp /bin/true /tmp/program && /tmp/program && echo executed-tmp
    echo x > /dev/shm/x && echo shm; echo x > /var/tmp/x && ls /tmp/x
    for path in / /usr /usr/bin /etc /home /var /run /opt/node /sys /proc /etc/ssl/certs /etc/hosts; do
      if [ -d $path ]; then touch $path/x; else echo x >> $path; fi 2>/dev/null && echo "wrote $path"; done
    true`);
  assert.equal(stdout, 'executed\nexecuted-tmp\nshm\n/tmp/x\n');
  assert.equal(exit.code, 0);
});

test('a container has names, addresses and time zone of its own', async () => {
  const { stdout } = await lab.script(
    'hostname; cat /etc/hosts /etc/resolv.conf; getent hosts hello-0; date +%Z; . /etc/os-release; echo $ID',
  );
  assert.match(stdout, /^hello-0\n/);
  assert.match(stdout, /^10\.254\.0\.7 hello-0$/m);
  assert.match(stdout, /^nameserver 169\.254\.0\.1$/m);
  assert.match(stdout, /^10\.254\.0\.7 +hello-0$/m);
  assert.match(stdout, /^UTC$/m);
});

const CALLS = {
  'mount -t tmpfs none /tmp': 'mount',
  'mount --bind / /tmp': 'bind mount',
  'umount /tmp': 'unmount',
  'mknod /tmp/disk b 254 0 && head -c1 /tmp/disk': 'read a disk',
  'unshare --user true': 'make a user namespace',
  'unshare --net true': 'make a network namespace',
  'nsenter --target 1 --mount true': 'enter a namespace',
  'echo 1 > /proc/sys/kernel/panic': 'write a sysctl',
  'echo b > /proc/sysrq-trigger': 'restart the machine',
  'hostname other': 'change the host name',
  'ip link set lo down': 'change the network',
  'ip address add 10.1.1.1/32 dev lo': 'add an address',
  '/usr/sbin/chroot / true': 'change the root',
  dmesg: 'read the kernel log',
  'date -s 2001-01-01': 'set the clock',
  'su -c true': 'become root',
  'chown 0:0 /tmp': 'give files to root',
  'head -c 1 /proc/kcore | grep -c .': 'read the kernel memory',
  'renice -n -5 $$': 'take more than its share',
  'ulimit -n 20000': 'raise its limits',
  'echo 1 > /sys/fs/cgroup/memory/memory.limit_in_bytes || echo max > /sys/fs/cgroup/memory.max':
    'change its memory limit',
};

for (const [command, what] of Object.entries(CALLS)) {
  test(`a container cannot ${what}`, async () => {
    const { exit, stderr } = await lab.script(`(${command}) > /dev/null && exit 0; exit 9`);
    assert.equal(exit.code, 9, `\`${command}\` worked`);
    assert.doesNotMatch(stderr, /command not found/);
  });
}

test('a container cannot trace, open raw sockets, use keys or io_uring, nor the crypto and hypervisor families', async () => {
  const { stdout, stderr } = await lab.finish({
    args: ['/usr/bin/python3', '-c', PROBES],
    cwd: '/tmp',
  });
  assert.equal(stderr, '');
  const answers = Object.fromEntries(
    stdout
      .trim()
      .split('\n')
      .map(line => line.split(' ')),
  );
  assert.deepEqual(answers, {
    ptrace: 'EPERM',
    process_vm_readv: 'EPERM',
    keyctl: 'EPERM',
    bpf: 'EPERM',
    io_uring_setup: 'EPERM',
    userfaultfd: 'EPERM',
    perf_event_open: 'EPERM',
    open_by_handle_at: 'EPERM',
    clone_newuser: 'EPERM',
    clone3: 'ENOSYS',
    raw: 'EPERM',
    packet: 'EPERM',
    alg: 'EPERM',
    vsock: 'EPERM',
    inet: 'ok',
    inet6: 'ok',
    unix: 'ok',
  });
});

/** Numbers by architecture: x86_64, then the common table of arm64. */
const PROBES = `
import ctypes, errno, os, socket, platform
libc = ctypes.CDLL(None, use_errno=True)
x86 = platform.machine() == 'x86_64'
calls = dict(ptrace=(101, 117), process_vm_readv=(310, 270), keyctl=(250, 219), bpf=(321, 280),
  io_uring_setup=(425, 425), userfaultfd=(323, 282), perf_event_open=(298, 241),
  open_by_handle_at=(304, 265), clone3=(435, 435))
def name(code): return errno.errorcode.get(code, str(code))
for what, (amd, arm) in calls.items():
  done = libc.syscall(amd if x86 else arm, 0, 0, 0, 0, 0)
  print(what, 'ok' if done >= 0 else name(ctypes.get_errno()))
done = libc.syscall(56 if x86 else 220, 0x10000000 | 17, 0, 0, 0, 0)
if done == 0: os._exit(0)
print('clone_newuser', 'ok' if done > 0 else name(ctypes.get_errno()))
def probe(what, *args):
  try: socket.socket(*args).close(); print(what, 'ok')
  except OSError as error: print(what, name(error.errno))
probe('raw', socket.AF_INET, socket.SOCK_RAW, 1)
probe('packet', socket.AF_PACKET, socket.SOCK_RAW)
probe('alg', 38, socket.SOCK_SEQPACKET)
probe('vsock', 40, socket.SOCK_STREAM)
probe('inet', socket.AF_INET, socket.SOCK_STREAM)
probe('inet6', socket.AF_INET6, socket.SOCK_STREAM)
probe('unix', socket.AF_UNIX, socket.SOCK_STREAM)
`;

test('a container sees only its own processes, devices and cgroup', async () => {
  const { stdout } = await lab.script(
    'ls -d /proc/[0-9]* | wc -l; ls /dev; cut -d: -f3 /proc/self/cgroup | sort -u; cat /proc/keys | wc -c; ipcs -m | wc -l',
  );
  const lines = stdout.trim().split('\n');
  assert.ok(Number(lines[0]) <= 4, `${lines[0]} processes`);
  const devices = 'fd full null ptmx pts random shm stderr stdin stdout tty urandom zero'.split(
    ' ',
  );
  const cgroup = lines.indexOf('/');
  assert.deepEqual(
    lines.slice(1, cgroup).filter(name => name !== 'core'),
    devices,
  );
  assert.equal(lines[cgroup + 1], '0', '/proc/keys is empty');
});

test('two containers cannot read each other’s files, nor can users of the host', async () => {
  const { instanceId } = await lab.launch({ args: ['/bin/sleep', '60'] });
  const { homePath } = await lab.warden.create({ ...lab.spec(), instanceId });
  writeFileSync(`${homePath}/secret`, 'x');
  const asUser = (path: string) =>
    run(['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', 'cat', path], {
      okExitCodes: [0, 1],
    });
  assert.match((await asUser(`${homePath}/secret`)).stderr, /Permission denied/);
  assert.match((await asUser(`${homePath}/../../config.json`)).stderr, /Permission denied|No such/);
  assert.match((await asUser(lab.warden.logPath(instanceId))).stderr, /Permission denied/);
  const { stdout } = await lab.script(`cat ${homePath}/secret 2>&1`);
  assert.match(stdout, /No such file/);
  await lab.warden.destroy(instanceId);
});

test('languages of the machine and the pinned Node run inside', async () => {
  const { stdout, stderr, exit } = await lab.script(
    'node -p process.version; python3 -c "import ssl, json; print(ssl.create_default_context().cert_store_stats()[\'x509_ca\'] > 0)"; perl -e "print 7"; git --version; awk "BEGIN { print 42 }"',
  );
  assert.equal(stderr, '');
  assert.equal(exit.code, 0);
  assert.match(stdout, new RegExp(`^${process.version}\\nTrue\\n7git version .*\\n42\\n$`));
});
