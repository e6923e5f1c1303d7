import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { SprueError } from '../core/errors.ts';
import { readJsonFile } from '../core/json-file.ts';
import { poll } from '../core/wait.ts';
import {
  findRecordedProcess,
  KeptProcess,
  type KeptProcessOptions,
  stopProcess,
} from './kept-process.ts';
import { launcher } from './launcher.ts';

export interface RouterProcessOptions {
  /** Folder for configuration, log and access log. */
  readonly dir: string;
  readonly httpPort: number;
  readonly natsHost: string;
  readonly natsPort: number;
  readonly natsPassword: string;
  readonly statusPassword: string;
  /** The router is replaced when this changes. */
  readonly version: string;
}

const readySchema = z.object({
  pid: z.number(),
  port: z.number(),
  statusPort: z.number(),
  id: z.string(),
});
export type RouterReady = z.infer<typeof readySchema>;

/** How long requests in flight may take when a router is replaced or stopped. */
const DRAIN_GRACE_MS = 15_000;
const START_TIMEOUT_MS = 30_000;

/** gorouter's configuration file, as our router reads it (JSON is YAML). */
export function routerConfig(options: RouterProcessOptions): string {
  const { dir, httpPort, natsHost, natsPort, natsPassword, statusPassword } = options;
  return `${JSON.stringify(
    {
      port: httpPort,
      status: { host: '127.0.0.1', port: 0, user: 'router', pass: statusPassword },
      nats: {
        hosts: [{ hostname: natsHost, port: natsPort }],
        user: 'router',
        pass: natsPassword,
      },
      access_log: { file: join(dir, 'access.log') },
      logging: { level: 'info' },
      start_response_delay_interval: '0s',
      suspend_pruning_if_nats_unavailable: true,
      drain_timeout: '10s',
      ready_file: readyFile(dir),
    },
    null,
    2,
  )}\n`;
}

export async function writeRouterConfig(options: RouterProcessOptions): Promise<void> {
  await writeFile(configFile(options.dir), routerConfig(options), { mode: 0o600 });
}

/** How to start a router with the configuration that {@link writeRouterConfig} writes. */
export function describeRouter(options: RouterProcessOptions): KeptProcessOptions {
  const { dir, version } = options;
  return {
    argv: [launcher(), 'router', '-c', configFile(dir)],
    recordFile: routerRecordFile(dir),
    logFile: join(dir, 'router.log'),
    fingerprint: `${version}\n${routerConfig(options)}`,
  };
}

/** The platform's router: adopted when it still runs, started otherwise. */
export class RouterProcess {
  readonly #process: KeptProcess;
  readonly #dir: string;

  private constructor(process: KeptProcess, dir: string) {
    this.#process = process;
    this.#dir = dir;
  }

  /**
   * A router with another configuration or of another version is replaced: the new one listens
   * beside the old one before that one drains, so no request is lost.
   * @throws SprueError `ROUTER_NOT_STARTED`
   */
  static async keep(options: RouterProcessOptions): Promise<RouterProcess> {
    const kept = new KeptProcess(describeRouter(options));
    const router = new RouterProcess(kept, options.dir);
    if (await kept.adopt()) return router;
    const former = await findRecordedProcess(routerRecordFile(options.dir));
    await writeRouterConfig(options);
    await router.restart();
    if (former !== undefined) await stopProcess(former, DRAIN_GRACE_MS);
    return router;
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get alive(): boolean {
    return this.#process.alive;
  }

  async restart(): Promise<void> {
    await rm(readyFile(this.#dir), { force: true });
    await this.#process.start();
    const ready = await poll(
      async () => {
        if (!this.#process.alive) return 'dead' as const;
        return (await readRouterReady(this.#dir))?.pid === this.#process.pid
          ? ('ready' as const)
          : undefined;
      },
      { intervalMs: 20, timeoutMs: START_TIMEOUT_MS },
    );
    if (ready !== 'ready')
      throw new SprueError('ROUTER_NOT_STARTED', { log: join(this.#dir, 'router.log') });
  }
}

export function routerRecordFile(dir: string): string {
  return join(dir, 'router.json');
}

function configFile(dir: string): string {
  return join(dir, 'router.yml');
}

function readyFile(dir: string): string {
  return join(dir, 'ready.json');
}

/** What the running router said of itself once it was listening. */
export async function readRouterReady(dir: string): Promise<RouterReady | undefined> {
  return readySchema.safeParse(await readJsonFile(readyFile(dir)).catch(() => undefined)).data;
}
