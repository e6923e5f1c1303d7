import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readJsonFile } from '../../src/core/json-file.ts';
import { poll } from '../../src/core/wait.ts';
import type { RouterReady } from '../../src/router/router.ts';

/** A router in a process of its own, on ephemeral ports of loopback. */
export interface RouterProcess extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly folder: string;
  readonly ready: RouterReady;
  /** Log events so far. */
  log(): Promise<string>;
  accessLog(): Promise<string>;
  /** @returns its exit code once it has ended. */
  exit(): Promise<number | null>;
}

/** @param settings gorouter's, over those for a quick start. */
export async function startRouterProcess(
  natsUrl: string,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<RouterProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'sprue-router-'));
  const [hostname, port] = natsUrl.split(':');
  const readyFile = join(folder, 'ready.json');
  const config = {
    listen_address: '127.0.0.1',
    port: 0,
    status: { host: '127.0.0.1', port: 0, user: 'status', pass: 'secret' },
    nats: { hosts: [{ hostname, port: Number(port) }] },
    access_log: { file: join(folder, 'access.log') },
    start_response_delay_interval: '0s',
    drain_timeout: '5s',
    ready_file: readyFile,
    ...settings,
  };
  const configFile = join(folder, 'router.yml');
  await writeFile(configFile, JSON.stringify(config));
  const entry = join(import.meta.dirname, 'run-router.ts');
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', process.execPath, entry, configFile], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(child, 'exit');
  let log = '';
  child.stderr?.on('data', chunk => {
    log += chunk;
  });
  const dispose = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await exited;
    await rm(folder, { recursive: true, force: true });
  };
  const ready = await poll(
    async () => {
      if (child.exitCode !== null) return 'dead' as const;
      return (await readJsonFile(readyFile)) as RouterReady | undefined;
    },
    { intervalMs: 20, timeoutMs: 15_000 },
  );
  if (ready === undefined || ready === 'dead') {
    await dispose();
    throw new Error(`the router did not start: ${log}`);
  }
  return {
    child,
    folder,
    ready,
    log: async () => log,
    accessLog: () => readFile(join(folder, 'access.log'), 'latin1'),
    exit: async () => (await exited)[0] as number | null,
    [Symbol.asyncDispose]: dispose,
  };
}
