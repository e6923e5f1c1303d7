import { readdirSync, readlinkSync, statSync } from 'node:fs';
import { poll } from '../core/wait.ts';

const ROUND_MS = 20;
const TIMEOUT_MS = 3_000;

/** Processes in any of these named network namespaces. */
export function processesIn(netnsNames: readonly string[]): number[] {
  const wanted = new Set(netnsNames.flatMap(name => networkId(`/run/netns/${name}`)));
  if (wanted.size === 0) return [];
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter(pid => wanted.has(networkOf(pid)))
    .map(Number);
}

/** SIGKILL, again until none is left: one that was just being born may slip through a round. */
export async function killEverythingIn(netnsNames: readonly string[]): Promise<void> {
  await poll(
    () => {
      const found = processesIn(netnsNames);
      for (const pid of found) kill(pid);
      return found.length === 0 ? true : undefined;
    },
    { intervalMs: ROUND_MS, timeoutMs: TIMEOUT_MS },
  );
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {} // ended by itself
}

/** As `/proc/<pid>/ns/net` writes it. */
function networkId(path: string): string[] {
  try {
    return [`net:[${statSync(path).ino}]`];
  } catch {
    return [];
  }
}

function networkOf(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return ''; // ended meanwhile
  }
}
