import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { poll } from '../core/wait.ts';
import type { Cgroup } from './cgroup.ts';

const KILL_POLL_MS = 3;
const TERMINATE_POLL_MS = 50;
const TERMINATE_TIMEOUT_MS = 30_000;
const SIGTERM = 15;

/**
 * Kills every process of a cgroup, and what they fork meanwhile.
 * @returns whether all are gone within the time.
 */
export async function killAll(
  cgroup: Cgroup,
  initPid: number,
  timeoutMs: number,
): Promise<boolean> {
  const gone = await poll(
    async () => {
      const pids = cgroup.processes();
      if (pids.length === 0) return true;
      if (await cgroup.kill()) return undefined;
      // The end of the pid namespace's first process ends all others, whatever they fork.
      if (pids.includes(initPid)) send(initPid, 'SIGKILL');
      else for (const pid of pids) send(pid, 'SIGKILL');
      return undefined;
    },
    { intervalMs: KILL_POLL_MS, timeoutMs },
  );
  return gone ?? false;
}

/**
 * Sends SIGTERM to every process, and makes it work for the first one too: the kernel drops signals
 * that the first process of a pid namespace has no handler for, where any other would end (see
 * pid_namespaces(7)). Such a process is killed, but only once all others that got the signal have
 * ended: its end ends them all, and they may be an app that finishes its work behind a shell.
 */
export function terminateAll(cgroup: Cgroup, initPid: number): void {
  const signalled = new Set(cgroup.processes());
  for (const pid of signalled) send(pid, 'SIGTERM');
  signalled.delete(initPid);
  void endDeafInit(cgroup, initPid, signalled);
}

async function endDeafInit(
  cgroup: Cgroup,
  initPid: number,
  signalled: ReadonlySet<number>,
): Promise<void> {
  const deadlineMs = performance.now() + TERMINATE_TIMEOUT_MS;
  let wasDue = false;
  while (performance.now() < deadlineMs) {
    await delay(TERMINATE_POLL_MS, undefined, { ref: false });
    const pids = cgroup.processes();
    if (!pids.includes(initPid)) return;
    const isDue = !pids.some(pid => signalled.has(pid)) && hasDefaultAction(initPid, SIGTERM);
    if (isDue && wasDue) return send(initPid, 'SIGKILL'); // twice: a shell may just be about to end
    wasDue = isDue;
  }
}

/** Whether a signal would have its default effect, by the masks of proc(5) `/proc/pid/status`. */
function hasDefaultAction(pid: number, signal: number): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return ['SigCgt', 'SigIgn'].every(name => !isInMask(status, name, signal));
  } catch {
    return false;
  }
}

function isInMask(status: string, name: string, signal: number): boolean {
  const mask = new RegExp(`^${name}:\\s*([0-9a-f]+)$`, 'm').exec(status)?.[1] ?? '0';
  return ((BigInt(`0x${mask}`) >> BigInt(signal - 1)) & 1n) === 1n;
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // it has ended meanwhile
  }
}
