import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { poll } from '../../src/core/wait.ts';
import { type RunResult, run } from '../../src/exec/run.ts';
import { assertNoLeak, type LeakScope, type MachineState, readMachine } from './leak-check.ts';
import { Load, type LoadOptions } from './load.ts';
import {
  createNetLab,
  destroyNetLab,
  inNetns,
  LAB,
  type LabNames,
  type NetLab,
  openNetLab,
} from './net-lab.ts';

export const root = join(import.meta.dirname, '..', '..');
const launcher = join(root, 'bin', 'sprue');
const UP_TIMEOUT_MS = 60_000;

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: Headers;
}

/**
 * A whole platform as a user has it: `sprue up` in the `host` namespace of a lab of its own, with a state
 * directory and a CLI configuration of its own. Disposing takes it down with `sprue down --purge` and
 * checks that nothing is left.
 */
export class TestPlatform implements AsyncDisposable {
  readonly lab: NetLab;
  readonly stateDir: string;
  readonly domain = 'sprue.localhost';
  readonly #names: LabNames;
  readonly #home: string;
  readonly #before: MachineState;
  readonly #scope: LeakScope;
  #up: ChildProcess | undefined;
  /** What `sprue up` printed, for the message of a failed test. */
  #upOutput = '';

  private constructor(names: LabNames, stateDir: string, before: MachineState, scope: LeakScope) {
    this.#names = names;
    this.lab = openNetLab(names);
    this.stateDir = stateDir;
    this.#home = `${stateDir}-home`;
    this.#before = before;
    this.#scope = scope;
  }

  static async start(): Promise<TestPlatform> {
    const names = await createNetLab();
    const stateDir = await mkdtemp(join(tmpdir(), 'sprue-e2e-'));
    const scope = { netns: names.host, marks: [stateDir, names.host] };
    const platform = new TestPlatform(names, stateDir, await readMachine(scope), scope);
    try {
      await rm(stateDir, { recursive: true });
      await platform.up();
      return platform;
    } catch (thrown) {
      await platform.remove();
      throw thrown;
    }
  }

  get upPid(): number {
    return this.#up?.pid ?? 0;
  }

  /** Starts `sprue up` and waits until it says that it is up. */
  async up(): Promise<void> {
    this.#upOutput = '';
    const args = ['up', '--state-dir', this.stateDir, '--address', LAB.hostAddress, '--verbose'];
    const [program, ...rest] = inNetns(this.#names.host, [launcher, ...args]);
    const child = spawn(program, rest, { env: this.env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#up = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#upOutput += chunk;
      });
    }
    const up = await poll(
      () => {
        if (this.#upOutput.includes('Sprue is up.')) return true;
        return child.exitCode === null && child.signalCode === null ? undefined : false;
      },
      { intervalMs: 20, timeoutMs: UP_TIMEOUT_MS },
    );
    if (!up) throw new Error(`sprue up did not come up:\n${this.#upOutput}`);
  }

  /** Ends the `sprue up` process and waits for its end. */
  async killUp(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#up;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, 'exit');
    child.kill(signal);
    await closed;
  }

  /** One command of the CLI, in the host's namespace. Never throws for its exit code. */
  async sprue(
    args: readonly string[],
    options: { cwd?: string; timeoutMs?: number } = {},
  ): Promise<RunResult> {
    return run(inNetns(this.#names.host, [launcher, ...args]), {
      env: this.env,
      cwd: options.cwd ?? root,
      timeoutMs: options.timeoutMs ?? 120_000,
      okExitCodes: Array.from({ length: 256 }, (_, code) => code),
    });
  }

  /** Like {@link sprue}; fails with its output unless it exits 0. */
  async ok(args: readonly string[], options: { cwd?: string } = {}): Promise<string> {
    const { exitCode, stdout, stderr } = await this.sprue(args, options);
    if (exitCode !== 0) {
      throw new Error(
        `sprue ${args.join(' ')} exited ${exitCode}\n${stdout}\n${stderr}\n--- up ---\n${this.#upOutput.slice(-4000)}`,
      );
    }
    return stdout;
  }

  /** One GET from the machine outside, through the router. */
  async get(app: string, path = '/'): Promise<Answer> {
    const { stdout } = await this.lab.outside.exec(
      [
        'curl',
        '-sS',
        '-i',
        '--max-time',
        '20',
        '-H',
        `Host: ${this.host(app)}`,
        `http://${LAB.hostAddress}${path}`,
      ],
      { okExitCodes: [0, 7, 28, 52, 56] },
    );
    const end = stdout.indexOf('\r\n\r\n');
    const [statusLine = '', ...lines] = stdout.slice(0, Math.max(end, 0)).split('\r\n');
    return {
      status: Number(statusLine.split(' ')[1] ?? 0),
      body: stdout.slice(end + 4),
      headers: new Headers(
        lines.map(
          line =>
            [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)] as [
              string,
              string,
            ],
        ),
      ),
    };
  }

  host(app: string): string {
    return `${app}.${this.domain}`;
  }

  /** Constant load from the machine outside. */
  load(app: string, options: Partial<LoadOptions> = {}): Load {
    return Load.start({
      netns: this.#names.outside,
      address: LAB.hostAddress,
      port: 80,
      host: this.host(app),
      connections: 64,
      maxSeconds: 60,
      ...options,
    });
  }

  /** Instances of the web process. */
  async instances(app: string): Promise<AppInstance[]> {
    const { processes } = JSON.parse(await this.ok(['app', app, '--json'])) as {
      processes: { type: string; instances: AppInstance[] }[];
    };
    return processes.find(({ type }) => type === 'web')?.instances ?? [];
  }

  /** The end of what `sprue up` logged. */
  get upLog(): string {
    return this.#upOutput.slice(-6000);
  }

  routerLog(): Promise<string> {
    return readFile(join(this.stateDir, 'router', 'router.log'), 'utf8').catch(() => '');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.remove();
  }

  async remove(): Promise<void> {
    const { exitCode, stderr } = await this.sprue([
      'down',
      '--purge',
      '--force',
      '--state-dir',
      this.stateDir,
    ]);
    await this.killUp('SIGKILL');
    try {
      if (exitCode !== 0 && !stderr.includes('no platform'))
        throw new Error(`down failed: ${stderr}\n${this.upLog}`);
      if (exitCode === 0) await assertNoLeak(this.#before, this.#scope);
    } finally {
      await destroyNetLab(this.#names);
      await rm(this.#home, { recursive: true, force: true });
      await rm(this.stateDir, { recursive: true, force: true });
    }
  }

  /** Environment of every command of this platform. */
  get env(): Record<string, string> {
    return {
      PATH: process.env['PATH'] ?? '',
      HOME: this.#home,
      SPRUE_HOME: this.#home,
      NO_COLOR: '1',
    };
  }
}

/** The part of `sprue app NAME --json` that tests look at. */
export interface AppInstance {
  readonly index: number;
  readonly state: string;
  readonly network: {
    readonly host: string;
    readonly host_port: number;
    readonly container_ip: string;
    readonly veth: string;
  } | null;
}
