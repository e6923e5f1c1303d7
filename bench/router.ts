import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { poll } from '../src/core/wait.ts';
import { median, printReport } from './bench-report.ts';
import { gorouter, keepRegistered } from './router/gorouter.ts';
import {
  caddy,
  haproxy,
  nginx,
  originConfig,
  type Peer,
  type Plan,
  sprue,
} from './router/peers.ts';
import { cpuTime, residentMib } from './router/process-usage.ts';
import { load } from './router/wrk.ts';

/**
 * Router and peers, each alone on one core, the load and the origin on another; in rounds, one after
 * the other, so that a busy moment of the machine hits all. Medians over the rounds.
 */
const PROXY_CORE = 0;
const LOAD_CORE = 1;
const APP_HOST = 'app.bench.test';
const WARM_UP_SECONDS = 1;

interface Round {
  readonly requestsPerSecond: number;
  readonly cpuUs: number;
  readonly userUs: number;
  readonly kernelUs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

interface Contestant {
  readonly peer: Peer;
  readonly port: number;
  readonly child: ChildProcess;
  readonly rounds: Round[];
}

const { values } = parseArgs({
  options: {
    json: { type: 'boolean' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '64' },
    only: { type: 'string' },
  },
});
const settings = {
  rounds: Number(values.rounds),
  seconds: Math.min(5, Number(values.seconds)),
  connections: Number(values.connections),
};

const folder = await mkdtemp(join(tmpdir(), 'sprue-bench-router-'));
const children: ChildProcess[] = [];
using resources = new DisposableStack();
try {
  const contestants = await startAll();
  for (let round = 0; round < settings.rounds; round++) {
    for (const contestant of contestants) await runRound(contestant);
  }
  report(contestants);
} finally {
  for (const child of children) child.kill('SIGTERM');
  await Promise.all(
    children.map(child => child.exitCode ?? child.signalCode ?? once(child, 'exit')),
  );
  await rm(folder, { recursive: true, maxRetries: 5 });
}

async function startAll(): Promise<Contestant[]> {
  const originPort = await freePort();
  writeFileSync(join(folder, 'origin.conf'), originConfig(folder, originPort));
  const originArgv = ['-c', join(folder, 'origin.conf'), '-e', join(folder, 'origin.err')];
  await start(
    { name: 'origin', program: 'nginx', argv: originArgv, env: {}, files: {} },
    LOAD_CORE,
    originPort,
  );
  const contestants: Contestant[] = [];
  for (const make of [sprue, nginx, haproxy, caddy]) {
    const plan: Plan = { folder, port: await freePort(), originPort, appHost: APP_HOST };
    const peer = make(plan);
    if (values.only !== undefined && !values.only.split(',').includes(peer.name)) continue;
    const child = await start(peer, PROXY_CORE, plan.port);
    contestants.push({ peer, port: plan.port, child, rounds: [] });
  }
  const program = process.env['GOROUTER_BIN'];
  if (program !== undefined) contestants.push(await startGorouter(program, originPort));
  return contestants;
}

/** gorouter listens only after its start delay, and has its route only over NATS. */
async function startGorouter(program: string, originPort: number): Promise<Contestant> {
  const natsPort = await freePort();
  const argv = ['-a', '127.0.0.1', '-p', `${natsPort}`];
  const nats = { name: 'nats', program: 'nats-server', argv, env: {}, files: {} };
  await start(nats, LOAD_CORE, natsPort);
  const plan: Plan = { folder, port: await freePort(), originPort, appHost: APP_HOST };
  resources.use(await keepRegistered(plan, natsPort));
  const peer = gorouter(plan, program, natsPort, await freePort());
  const child = await start(peer, PROXY_CORE, plan.port);
  await delay(2_000);
  return { peer, port: plan.port, child, rounds: [] };
}

/** Starts a program on one core and waits until it listens. */
async function start(peer: Peer, core: number, port: number): Promise<ChildProcess> {
  for (const [name, content] of Object.entries(peer.files)) {
    writeFileSync(join(folder, name), content);
  }
  const output = openSync(join(folder, `${peer.name}.out`), 'a');
  const child = spawn('taskset', ['-c', `${core}`, peer.program, ...peer.argv], {
    env: { ...process.env, ...peer.env },
    stdio: ['ignore', output, output],
  });
  children.push(child);
  const listens = await poll(() => canConnect(port), { intervalMs: 50, timeoutMs: 10_000 });
  if (listens === undefined) throw new Error(`${peer.name} does not listen on port ${port}`);
  return child;
}

async function runRound({ peer, port, child, rounds }: Contestant): Promise<void> {
  const pid = child.pid ?? 0;
  const options = { port, appHost: APP_HOST, core: LOAD_CORE, connections: settings.connections };
  await load({ ...options, seconds: WARM_UP_SECONDS });
  await delay(200);
  const before = cpuTime(pid);
  const result = await load({ ...options, seconds: settings.seconds });
  const after = cpuTime(pid);
  const userUs = ((after.userMs - before.userMs) * 1000) / result.requests;
  const kernelUs = ((after.kernelMs - before.kernelMs) * 1000) / result.requests;
  const { requestsPerSecond, p50Ms, p99Ms } = result;
  rounds.push({ requestsPerSecond, cpuUs: userUs + kernelUs, userUs, kernelUs, p50Ms, p99Ms });
  console.error(`${peer.name}: ${(userUs + kernelUs).toFixed(1)} µs of CPU per request`);
}

function report(contestants: readonly Contestant[]): void {
  console.log('            req/s   CPU µs/req  (user + kernel)    p50 ms   p99 ms   RSS MiB');
  const figures: Record<string, number> = {};
  for (const { peer, rounds, child } of contestants) {
    const of = (key: keyof Round): number => median(rounds.map(round => round[key]));
    const rssMib = residentMib(child.pid ?? 0);
    console.log(
      `${peer.name.padEnd(8)}${of('requestsPerSecond').toFixed(0).padStart(9)}` +
        `${of('cpuUs').toFixed(1).padStart(13)}  (${of('userUs').toFixed(1)} + ${of('kernelUs').toFixed(1)})`.padEnd(
          32,
        ) +
        `${of('p50Ms').toFixed(2).padStart(8)} ${of('p99Ms').toFixed(2).padStart(8)} ${rssMib.toFixed(0).padStart(9)}`,
    );
    figures[`${peer.name}_requests_per_s`] = of('requestsPerSecond');
    figures[`${peer.name}_cpu_us`] = of('cpuUs');
    figures[`${peer.name}_p50_ms`] = of('p50Ms');
    figures[`${peer.name}_p99_ms`] = of('p99Ms');
    figures[`${peer.name}_rss_mib`] = rssMib;
  }
  const ratios: Record<string, number> = {};
  for (const { peer } of contestants) {
    if (peer.name === 'sprue') continue;
    ratios[`cpu_vs_${peer.name}`] =
      (figures['sprue_cpu_us'] ?? 0) / (figures[`${peer.name}_cpu_us`] ?? 0);
  }
  console.log();
  printReport({ bench: 'router', figures, ratios });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function canConnect(port: number): Promise<true | undefined> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return undefined;
  } finally {
    socket.destroy();
  }
}
