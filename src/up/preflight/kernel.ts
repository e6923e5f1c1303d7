import { existsSync, readFileSync } from 'node:fs';
import { reasonOf } from '../../core/errors.ts';
import { run } from '../../exec/run.ts';
import { type Check, fail, ok } from './check.ts';

/** What the host network needs from nftables, tried without loading anything (`nft --check`). */
const PROBE_RULES = `table inet sprue_probe {
  map ports { type inet_proto . inet_service : ipv4_addr . inet_service; }
  set allow { type mark . ipv4_addr . inet_proto . inet_service; flags interval; }
  chain prerouting {
    type nat hook prerouting priority dstnat;
    fib daddr type local dnat ip to meta l4proto . th dport map @ports
  }
  chain postrouting {
    type nat hook postrouting priority srcnat;
    masquerade fully-random
  }
}
`;

/** The kernel's firewall does what the host network needs: maps, NAT in family inet, fib. */
export const nftablesCheck: Check = {
  name: 'nftables',
  async run() {
    try {
      await run(['nft', '--check', '--file', '-'], { input: PROBE_RULES });
      return ok('maps, NAT and fib work');
    } catch (thrown) {
      return fail(
        `the kernel refuses our rules: ${reasonOf(thrown)}`,
        'Use a kernel with nf_tables, nft_nat, nft_fib_inet and nf_conntrack (5.10 or newer).',
      );
    }
  },
};

/** Namespaces of every kind that a container gets. */
export const namespacesCheck: Check = {
  name: 'namespaces',
  async run() {
    const missing = ['mnt', 'pid', 'net', 'ipc', 'uts', 'user'].filter(
      kind => !existsSync(`/proc/self/ns/${kind}`),
    );
    if (missing.length > 0)
      return fail(`no ${missing.join(', ')} namespaces`, 'Use a kernel that has them.');
    const limit = Number(readFileSync('/proc/sys/user/max_user_namespaces', 'utf8'));
    if (limit > 0) return ok('mount, pid, network, ipc, uts and user');
    return fail(
      'user namespaces are switched off',
      'Run: sysctl -w user.max_user_namespaces=15000',
    );
  },
};

/** Controllers that limit a container. */
export const cgroupCheck: Check = {
  name: 'cgroups',
  async run() {
    const wanted = ['memory', 'pids', 'cpu'];
    const unified = '/sys/fs/cgroup/cgroup.controllers';
    if (existsSync(unified)) {
      const present = readFileSync(unified, 'utf8').trim().split(' ');
      return verdict(
        wanted.filter(controller => !present.includes(controller)),
        'version 2',
      );
    }
    return verdict(
      wanted.filter(controller => !existsSync(`/sys/fs/cgroup/${controller}`)),
      'version 1',
    );
  },
};

function verdict(missing: readonly string[], version: string) {
  if (missing.length === 0) return ok(`memory, pids and cpu, ${version}`);
  return fail(
    `no cgroup controller for ${missing.join(', ')}`,
    'Enable it on the kernel command line.',
  );
}
