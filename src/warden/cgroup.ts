import { readFileSync } from 'node:fs';
import { readdir, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { poll } from '../core/wait.ts';
import type { CgroupHierarchy } from './cgroup-hierarchy.ts';

export interface CgroupUsage {
  readonly cpuNs: number;
  /** Without file cache that the kernel can drop at once. */
  readonly memoryBytes: number;
}

const BUSY_RETRY_MS = 10;
const BUSY_TIMEOUT_MS = 2_000;

/** One cgroup by its path below the root, `/name/id`; the same on all trees of cgroup v1. */
export class Cgroup {
  readonly #hierarchy: CgroupHierarchy;
  readonly #path: string;

  constructor(hierarchy: CgroupHierarchy, path: string) {
    this.#hierarchy = hierarchy;
    this.#path = path;
  }

  /** Host pids of its processes; empty when it does not exist. */
  processes(): readonly number[] {
    const text = readIfThere(join(this.#folder('memory'), 'cgroup.procs'));
    return text === undefined ? [] : text.split('\n').filter(Boolean).map(Number);
  }

  /** How many of its processes the kernel killed for want of memory. */
  outOfMemoryKills(): number {
    const file = this.#hierarchy.version === 1 ? 'memory.oom_control' : 'memory.events';
    return flatKeyed(readIfThere(join(this.#folder('memory'), file)), 'oom_kill');
  }

  /** `undefined` when it does not exist. */
  usage(): CgroupUsage | undefined {
    const memory = this.#folder('memory');
    const isV1 = this.#hierarchy.version === 1;
    const used = readIfThere(join(memory, isV1 ? 'memory.usage_in_bytes' : 'memory.current'));
    if (used === undefined) return undefined;
    const inactive = flatKeyed(
      readIfThere(join(memory, 'memory.stat')),
      isV1 ? 'total_inactive_file' : 'inactive_file',
    );
    return { cpuNs: this.#cpuNs(), memoryBytes: Math.max(0, Number(used) - inactive) };
  }

  /** Kills all at once where the kernel can (cgroup v2 since Linux 5.14). @returns whether it could. */
  async kill(): Promise<boolean> {
    if (this.#hierarchy.version === 1) return false;
    try {
      await writeFile(join(this.#folder('memory'), 'cgroup.kill'), '1', { flag: 'r+' });
      return true;
    } catch {
      return false;
    }
  }

  /** Removes the cgroup and those below it from every tree. Absent is success. */
  async remove(): Promise<void> {
    for (const root of this.#hierarchy.roots) await removeTree(join(root, this.#path));
  }

  #cpuNs(): number {
    if (this.#hierarchy.version === 1)
      return Number(readIfThere(join(this.#folder('cpuacct'), 'cpuacct.usage')) ?? 0);
    return flatKeyed(readIfThere(join(this.#folder('cpu'), 'cpu.stat')), 'usage_usec') * 1_000;
  }

  #folder(controller: string): string {
    const root =
      this.#hierarchy.version === 1
        ? this.#hierarchy.controllers.get(controller)
        : this.#hierarchy.roots[0];
    return join(root ?? '/nonexistent', this.#path);
  }
}

/** A process that has just ended still counts for a moment: EBUSY is retried. */
async function removeTree(folder: string): Promise<void> {
  const children = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const child of children) if (child.isDirectory()) await removeTree(join(folder, child.name));
  let failure: unknown;
  const removed = await poll(
    async () => {
      try {
        await rmdir(folder);
        return true;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true;
        failure = error;
        return undefined;
      }
    },
    { intervalMs: BUSY_RETRY_MS, timeoutMs: BUSY_TIMEOUT_MS },
  );
  if (!removed) throw failure;
}

/** The number behind a key in the kernel's `key number` lines; 0 when it is not there. */
function flatKeyed(text: string | undefined, key: string): number {
  const line = text?.split('\n').find(entry => entry.startsWith(`${key} `));
  return line === undefined ? 0 : Number(line.slice(key.length + 1));
}

/** Synchronous: the kernel answers such files from memory, faster than a thread pool could. */
function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
