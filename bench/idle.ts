/** Memory and CPU of the idle platform with one app: controller, DEA, router, nats-server. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { root, TestPlatform } from '../test/kit/platform.ts';
import { printReport } from './bench-report.ts';

const SETTLE_MS = 20_000;
const WINDOW_MS = 60_000;
/** Clock ticks per second of /proc/pid/stat: fixed at 100 on Linux' user interface. */
const TICKS_PER_SECOND = 100;

await using platform = await TestPlatform.start();
await platform.ok(['push', 'idle', '-p', join(root, 'examples/hello-node'), '-m', '128M']);
await delay(SETTLE_MS);

const processes = {
  up: platform.upPid,
  router: recordedPid('router/router.json'),
  nats_server: recordedPid('nats/nats-server.json'),
};
const before = Object.values(processes).map(cpuTicks);
const startedMs = performance.now();
await delay(WINDOW_MS);
const elapsedS = (performance.now() - startedMs) / 1000;
const ticks = Object.values(processes).map((pid, index) => cpuTicks(pid) - (before[index] ?? 0));

const memory = Object.entries(processes).map(([name, pid]) => ({ name, ...readMemory(pid) }));
printReport({
  bench: 'idle',
  figures: {
    ...Object.fromEntries(
      memory.map(({ name, anonymous, files }) => [
        `${name}_rss_mb`,
        anonymous + sum([...files.values()]),
      ]),
    ),
    // What the machine gives up: anonymous pages of all, pages of each file once.
    resident_mb:
      sum(memory.map(({ anonymous }) => anonymous)) + sum([...sharedFiles(memory).values()]),
    cpu_percent: (sum(ticks) / TICKS_PER_SECOND / elapsedS) * 100,
  },
  ratios: {},
});

function recordedPid(file: string): number {
  return JSON.parse(readFileSync(join(platform.stateDir, file), 'utf8')).pid;
}

function cpuTicks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

interface Memory {
  readonly anonymous: number;
  /** Megabytes by file: the Node binary is mapped by two processes and is there once. */
  readonly files: ReadonlyMap<string, number>;
}

/** Resident megabytes of a process from proc_pid_smaps(5). */
function readMemory(pid: number): Memory {
  const files = new Map<string, number>();
  let anonymous = 0;
  for (const mapping of readFileSync(`/proc/${pid}/smaps`, 'utf8').split(
    /\n(?=[0-9a-f]+-[0-9a-f]+ )/,
  )) {
    const file = mapping.split('\n', 1)[0]?.split(/\s+/)[5] ?? '';
    const ownMb = field(mapping, 'Anonymous');
    anonymous += ownMb;
    files.set(file, (files.get(file) ?? 0) + field(mapping, 'Rss') - ownMb);
  }
  return { anonymous, files };
}

/** Per file the most that one process has resident of it. */
function sharedFiles(all: readonly Memory[]): ReadonlyMap<string, number> {
  const shared = new Map<string, number>();
  for (const { files } of all) {
    for (const [file, megabytes] of files)
      shared.set(file, Math.max(shared.get(file) ?? 0, megabytes));
  }
  return shared;
}

function field(mapping: string, name: string): number {
  return (Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(mapping)?.[1] ?? 0) * 1024) / 1e6;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
