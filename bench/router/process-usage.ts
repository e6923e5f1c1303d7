import { readFileSync } from 'node:fs';

/** USER_HZ: the unit of /proc/pid/stat, 100 on every Linux that Node runs on. */
const TICK_MS = 10;

export interface CpuTime {
  readonly userMs: number;
  readonly kernelMs: number;
}

/** CPU time of one process, all its threads. */
export function cpuTime(pid: number): CpuTime {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The name in parentheses may contain anything; fields 14 and 15 count from behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { userMs: Number(fields[11]) * TICK_MS, kernelMs: Number(fields[12]) * TICK_MS };
}

export function residentMib(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024;
}
