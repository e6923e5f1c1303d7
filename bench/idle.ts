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

const residentMb = Object.entries(processes).map(
  ([name, pid]) => [`${name}_resident_mb`, memoryMb(pid, 'Rss')] as const,
);
const proportionalMb = Object.values(processes).map(pid => memoryMb(pid, 'Pss'));
printReport({
  bench: 'idle',
  figures: {
    ...Object.fromEntries(residentMb),
    // Pages of the Node binary are shared by two processes and are there once.
    resident_mb: sum(proportionalMb),
    resident_mb_counting_shared_pages_twice: sum(residentMb.map(([, megabytes]) => megabytes)),
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

function memoryMb(pid: number, field: 'Rss' | 'Pss'): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const kib = Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]);
  return (kib * 1024) / 1e6;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
