import { reasonOf } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { StateFile } from './state-file.ts';
import { raiseSysctl, readSysctl, writeSysctl } from './sysctl.ts';

const IP_FORWARD = 'net.ipv4.ip_forward';

/** For 1000 containers and more. Kernel defaults: 1024 neighbours for all namespaces together. */
const LIMITS = [
  ['net.ipv4.neigh.default.gc_thresh3', 8192],
  ['net.ipv4.neigh.default.gc_thresh2', 4096],
  ['net.netfilter.nf_conntrack_max', 262_144],
  ['fs.inotify.max_user_instances', 8192], // of all containers and root together; default 128
] as const;

/** Lets the kernel route between containers' pairs and the uplink; remembers if it did not before. */
export async function enableForwarding(file: StateFile): Promise<void> {
  if ((await readSysctl(IP_FORWARD)) === '1') return;
  await file.update({ ipForwardBefore: '0' }); // on disk before the change
  await writeSysctl(IP_FORWARD, '1');
}

export async function restoreForwarding(before: '0' | undefined): Promise<void> {
  if (before !== undefined) await writeSysctl(IP_FORWARD, before);
}

/** A limit that cannot be raised costs capacity, not function. */
export async function raiseLimits(log: Log): Promise<void> {
  for (const [name, atLeast] of LIMITS) {
    await raiseSysctl(name, atLeast).catch(thrown =>
      log.warn({ name, atLeast, reason: reasonOf(thrown) }, 'kernel limit could not be raised'),
    );
  }
}
