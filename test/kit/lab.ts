import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunResult, run } from '../../src/exec/run.ts';
import { platformTag } from '../../src/hostnet/names.ts';
import { assertNoLeak, type LeakScope, type MachineState, readMachine } from './leak-check.ts';
import type { Answer, AppInstance } from './platform.ts';

const root = join(import.meta.dirname, '..', '..');
const launcher = join(root, 'bin', 'sprue');
const ANY_EXIT_CODE = Array.from({ length: 256 }, (_, code) => code);

export interface TestLabOptions {
  readonly routers?: number;
  readonly deas?: number;
}

/** `sprue lab status --json` */
export interface LabStatusJson {
  readonly name: string;
  readonly resident_bytes: number;
  readonly hosts: readonly {
    readonly name: string;
    readonly netns: string;
    readonly addresses: readonly string[];
    readonly state: 'up' | 'ailing' | 'cut' | 'off';
    readonly loss_percent: number;
    readonly processes: readonly { readonly name: string; readonly pid: number | null }[];
  }[];
}

/**
 * A lab of its own name, driven as a person drives it: by `sprue lab …`. Disposing takes it down and
 * checks that nothing is left.
 */
export class TestLab implements AsyncDisposable {
  readonly name: string;
  readonly dir: string;
  /** How long `lab up` took. */
  upMs = 0;
  readonly #scope: LeakScope;
  readonly #before: MachineState;

  private constructor(name: string, scope: LeakScope, before: MachineState) {
    this.name = name;
    this.dir = join('/var/lib/sprue-labs', name);
    this.#scope = scope;
    this.#before = before;
  }

  /** Only a name: nothing is built yet. */
  static async reserve({ deas = 3 }: TestLabOptions = {}): Promise<TestLab> {
    const name = `t${randomBytes(4).toString('hex')}`;
    const scope = leakScope(name, deas);
    return new TestLab(name, scope, await readMachine(scope));
  }

  static async start(options: TestLabOptions = {}): Promise<TestLab> {
    const lab = await TestLab.reserve(options);
    try {
      await lab.up(options);
      return lab;
    } catch (thrown) {
      await lab.remove();
      throw thrown;
    }
  }

  async up({ routers = 2, deas = 3 }: TestLabOptions = {}): Promise<void> {
    const startedMs = performance.now();
    await this.ok(['lab', 'up', '--routers', String(routers), '--deas', String(deas)]);
    this.upMs = performance.now() - startedMs;
  }

  /** A command on this machine, about this lab. Never throws for its exit code. */
  async sprue(args: readonly string[]): Promise<RunResult> {
    const end = args.indexOf('--');
    const own = end === -1 ? args : args.slice(0, end);
    const rest = end === -1 ? [] : args.slice(end);
    return run([launcher, ...own, '--name', this.name, ...rest], {
      env: { PATH: process.env['PATH'] ?? '', HOME: tmpdir(), NO_COLOR: '1' },
      cwd: root,
      timeoutMs: 120_000,
      okExitCodes: ANY_EXIT_CODE,
    });
  }

  /** Like {@link sprue}; fails with its output unless it exits 0. @returns its stdout */
  async ok(args: readonly string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await this.sprue(args);
    if (exitCode !== 0)
      throw new Error(`sprue ${args.join(' ')} exited ${exitCode}\n${stdout}\n${stderr}`);
    return stdout;
  }

  /** A program on a host; fails with its output unless it exits 0. */
  exec(host: string, ...argv: string[]): Promise<string> {
    return this.ok(['lab', 'exec', host, '--', ...argv]);
  }

  /** A command of the CLI on the client. */
  client(...args: string[]): Promise<string> {
    return this.exec('client', 'sprue', ...args);
  }

  async status(): Promise<LabStatusJson> {
    return JSON.parse(await this.ok(['lab', 'status', '--json'])) as LabStatusJson;
  }

  async host(name: string): Promise<LabStatusJson['hosts'][number]> {
    const host = (await this.status()).hosts.find(one => one.name === name);
    if (host === undefined) throw new Error(`no host ${name}`);
    return host;
  }

  /** Instances of the web process. */
  async instances(app: string): Promise<AppInstance[]> {
    const { processes } = JSON.parse(await this.client('app', app, '--json')) as {
      processes: { type: string; instances: AppInstance[] }[];
    };
    return processes.find(({ type }) => type === 'web')?.instances ?? [];
  }

  /** One GET from the client to a router's floating IP; status 0 when there is no answer. */
  async get(app: string, router: string, path = '/'): Promise<Answer> {
    const address = floatingIpOf(router);
    const format = '%{stderr}%{http_code}';
    const host = `Host: ${app}.example.com`;
    const curl = ['curl', '-sS', '--max-time', '20', '-w', format, '-H', host];
    const { stdout, stderr } = await this.sprue([
      ...['lab', 'exec', 'client', '--'],
      ...[...curl, `http://${address}${path}`],
    ]);
    const status = Number(/(\d{3})\s*$/.exec(stderr)?.[1] ?? 0);
    return { status, body: stdout, headers: new Headers() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.remove();
  }

  /** Takes the lab down in whatever state it is, and checks that nothing is left of it. */
  async remove(): Promise<void> {
    await this.ok(['lab', 'down']);
    await assertNoLeak(this.#before, this.#scope);
    if (existsSync(this.dir)) throw new Error(`${this.dir} is left`);
  }
}

/** `router-2` is 10.20.0.12 inside and 203.0.113.12 outside. */
export function floatingIpOf(router: string): string {
  return `203.0.113.${10 + Number(router.replace('router-', ''))}`;
}

/** Everything that carries the lab's name, or a name that follows from the folder of one of its DEAs. */
function leakScope(name: string, deas: number): LeakScope {
  const folders = Array.from({ length: deas }, (_, index) =>
    join('/var/lib/sprue-labs', name, `dea-${index + 1}`),
  );
  return {
    marks: [
      `sprue-lab-${name}-`,
      `/sprue-labs/${name}`,
      ...folders.map(folder => `sprue-${platformTag(folder).slice(0, 6)}-`),
      ...folders.map(folder => `/sprue-${sha256(folder).slice(0, 8)}`),
    ],
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
