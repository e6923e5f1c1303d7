import { readFileSync } from 'node:fs';

/**
 * Identity of a running process: the pid alone may have been reused, pid and start time may not.
 * Start time in clock ticks since boot, field 22 of proc(5) `/proc/pid/stat`.
 */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTicks: string;
}

/** The identity of a live process, or `undefined` when there is none (or only a zombie). */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // the name may hold spaces and brackets
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    return { pid, startTicks: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}

export function isSameProcess(identity: ProcessIdentity): boolean {
  return identifyProcess(identity.pid)?.startTicks === identity.startTicks;
}
