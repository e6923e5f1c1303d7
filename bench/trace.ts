/**
 * What traces cost: CPU per request and latency of the router under load while nobody traces and with
 * one `sprue trace` per second; and how long after its request a trace's table is printed.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { hopTableSchema } from '../src/proto/hop-table.ts';
import { LAB } from '../test/kit/net-lab.ts';
import { root, TestPlatform } from '../test/kit/platform.ts';
import { median, percentile, printReport } from './bench-report.ts';
import { cpuTime } from './router/process-usage.ts';
import { load } from './router/wrk.ts';

const ROUNDS = 5;
const SECONDS = 3;
const CONNECTIONS = 32;
const QUIET_TRACES = 15;
const LOAD_CORE = 1;

interface Round {
  readonly cpuUs: number;
  readonly requestsPerSecond: number;
  readonly p99Ms: number;
}

await using platform = await TestPlatform.start();
const app = join(root, 'bench/trace/app');
await platform.ok(['push', 'bench', '-p', app, '-m', '128M', '-i', '2']);
const routerPid = JSON.parse(readFileSync(join(platform.stateDir, 'router/router.json'), 'utf8'))
  .pid as number;

const quiet = await repeat(QUIET_TRACES, trace);
const off: Round[] = [];
const on: Round[] = [];
const busy: Traced[] = [];
for (let round = 0; round < ROUNDS; round++) {
  off.push(await underLoad());
  const traces = traceEverySecond(SECONDS);
  on.push(await underLoad());
  busy.push(...(await traces));
  console.error(`round ${round + 1} of ${ROUNDS}`);
}

const ofRounds = (rounds: readonly Round[], key: keyof Round) => median(rounds.map(r => r[key]));
printReport({
  bench: 'trace',
  figures: {
    off_cpu_us: ofRounds(off, 'cpuUs'),
    on_cpu_us: ofRounds(on, 'cpuUs'),
    off_requests_per_s: ofRounds(off, 'requestsPerSecond'),
    on_requests_per_s: ofRounds(on, 'requestsPerSecond'),
    off_p99_ms: ofRounds(off, 'p99Ms'),
    on_p99_ms: ofRounds(on, 'p99Ms'),
    request_to_table_ms_p50: median(quiet.map(({ afterRequestMs }) => afterRequestMs)),
    request_to_table_ms_max: Math.max(...quiet.map(({ afterRequestMs }) => afterRequestMs)),
    command_ms_p50: median(quiet.map(({ wholeMs }) => wholeMs)),
    under_load_request_to_table_ms_p50: median(busy.map(({ afterRequestMs }) => afterRequestMs)),
    under_load_request_to_table_ms_p95: percentile(
      busy.map(({ afterRequestMs }) => afterRequestMs),
      95,
    ),
  },
  ratios: {
    cpu_on_vs_off: ofRounds(on, 'cpuUs') / ofRounds(off, 'cpuUs'),
    p99_on_vs_off: ofRounds(on, 'p99Ms') / ofRounds(off, 'p99Ms'),
  },
});

interface Traced {
  /** From the moment the router had the request to the end of the command. */
  readonly afterRequestMs: number;
  readonly wholeMs: number;
}

async function trace(): Promise<Traced> {
  const beganMs = Date.now();
  const stdout = await platform.ok(['trace', platform.host('bench'), '--json']);
  const endMs = Date.now();
  const { hops, verdict } = hopTableSchema.parse(JSON.parse(stdout));
  if (!verdict.ok || hops.some(({ state }) => state === 'no-report')) throw new Error(stdout);
  const raw = hops.find(({ kind }) => kind === 'router')?.raw.map(({ text }) => text) ?? [];
  const requestMs = Date.parse(/\[(\S+Z)\]/.exec(raw.join())?.[1] ?? '');
  return { afterRequestMs: endMs - requestMs, wholeMs: endMs - beganMs };
}

async function underLoad(): Promise<Round> {
  const before = cpuTime(routerPid);
  const { requests, requestsPerSecond, p99Ms } = await load({
    netns: platform.lab.outside.netns,
    address: LAB.hostAddress,
    port: 80,
    appHost: platform.host('bench'),
    core: LOAD_CORE,
    connections: CONNECTIONS,
    seconds: SECONDS,
  });
  const after = cpuTime(routerPid);
  const cpuMs = after.userMs + after.kernelMs - before.userMs - before.kernelMs;
  return { cpuUs: (cpuMs * 1_000) / requests, requestsPerSecond, p99Ms };
}

async function traceEverySecond(seconds: number): Promise<Traced[]> {
  const traces: Promise<Traced>[] = [];
  for (let second = 0; second < seconds; second++) {
    traces.push(trace());
    await delay(1_000);
  }
  return Promise.all(traces);
}

async function repeat<T>(times: number, action: () => Promise<T>): Promise<T[]> {
  const all: T[] = [];
  for (let n = 0; n < times; n++) all.push(await action());
  return all;
}
