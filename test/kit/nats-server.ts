import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { poll } from '../../src/core/wait.ts';

/** A real nats-server with JetStream, on an ephemeral port of loopback. */
export interface NatsServer extends AsyncDisposable {
  /** `127.0.0.1:port`, as {@link Bus.connect} wants it. */
  readonly url: string;
  readonly port: number;
  /** Ends the server and removes its data. */
  stop(): Promise<void>;
  /** Kills the server (SIGKILL), waits `awayMs`, and starts it again on the same port and data. */
  bounce(awayMs?: number): Promise<void>;
  /** Kills the server; {@link NatsServer.resume} brings it back on the same port and data. */
  kill(): Promise<void>;
  resume(): Promise<void>;
  /** Forgets all streams and buckets; only between {@link NatsServer.kill} and resume. */
  eraseData(): Promise<void>;
}

export interface NatsServerOptions {
  readonly user?: string;
  readonly password?: string;
}

/** Starts a server; it also ends when the process that started it dies in any way. */
export async function startNatsServer(options: NatsServerOptions = {}): Promise<NatsServer> {
  const folder = await mkdtemp(join(tmpdir(), 'sprue-nats-'));
  let child = launch(folder, -1, options);
  const port = await portOf(child, folder);

  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  const resume = async () => {
    await clearPortsFiles(folder);
    child = launch(folder, port, options);
    await portOf(child, folder);
  };
  const stop = async () => {
    await kill();
    await rm(folder, { recursive: true, force: true });
  };
  return {
    url: `127.0.0.1:${port}`,
    port,
    stop,
    kill,
    resume,
    eraseData: () => rm(join(folder, 'jetstream'), { recursive: true, force: true }),
    async bounce(awayMs = 0) {
      await kill();
      await new Promise(resolve => setTimeout(resolve, awayMs));
      await resume();
    },
    [Symbol.asyncDispose]: stop,
  };
}

function launch(folder: string, port: number, options: NatsServerOptions): ChildProcess {
  const argv = ['nats-server', '-js', '-sd', folder, '-a', '127.0.0.1', '-p', String(port)];
  argv.push('--ports_file_dir', folder);
  if (options.user !== undefined) argv.push('--user', options.user);
  if (options.password !== undefined) argv.push('--pass', options.password);
  return spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...argv], { stdio: 'ignore' });
}

/** The server writes `nats-server_<pid>.ports` once it listens. */
async function portOf(child: ChildProcess, folder: string): Promise<number> {
  const found = await poll(
    async () => {
      if (child.exitCode !== null) throw new Error(`nats-server exited with ${child.exitCode}`);
      const file = (await readdir(folder)).find(name => name.endsWith('.ports'));
      if (file === undefined) return undefined;
      const text = await readFile(join(folder, file), 'utf8');
      return /nats:\/\/127\.0\.0\.1:(\d+)/.exec(text)?.[1];
    },
    { intervalMs: 10, timeoutMs: 10_000 },
  );
  if (found === undefined) throw new Error('nats-server did not listen within 10 s');
  return Number(found);
}

async function clearPortsFiles(folder: string): Promise<void> {
  const files = (await readdir(folder)).filter(name => name.endsWith('.ports'));
  await Promise.all(files.map(name => rm(join(folder, name), { force: true })));
}
