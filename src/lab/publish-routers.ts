import { SprueError } from '../core/errors.ts';
import { poll } from '../core/wait.ts';
import { type RunResult, run } from '../exec/run.ts';
import type { Credentials } from '../roles/credentials.ts';
import { launcher } from '../roles/launcher.ts';
import { findHost } from './find-host.ts';
import { asPerson, labEnvironment } from './inside.ts';
import { addressOf, floatingIpOf, type LabPlan } from './lab-plan.ts';

const TIMEOUT_MS = 15_000;
const INTERVAL_MS = 200;

/**
 * Gives every router a floating IP, as an administrator would: on `control`, since outside nothing can
 * be reached yet. In the end the client reaches the API by its name.
 * @throws SprueError `LAB_NOT_REACHED`
 */
export async function publishRouters(
  plan: LabPlan,
  { adminUser, adminPassword }: Credentials,
  signal: AbortSignal,
): Promise<void> {
  const env = { ...process.env, SPRUE_USER: adminUser, SPRUE_PASSWORD: adminPassword };
  const on = (host: string) => new Prompt(plan, host, { env, signal });
  const login = ['login', '--api', `http://api.${plan.shape.domain}`];
  await on('control').insist(login);
  for (const router of plan.hosts.filter(({ kind }) => kind === 'router')) {
    const address = floatingIpOf(router);
    const argv = ['floating-ip', 'allocate', address, '--router', addressOf(router)];
    await on('control').insist(argv);
  }
  await on('client').insist(login);
}

/** `sprue` on a host of the lab. */
class Prompt {
  readonly #plan: LabPlan;
  readonly #host: string;
  readonly #options: { readonly env: NodeJS.ProcessEnv; readonly signal: AbortSignal };

  constructor(
    plan: LabPlan,
    host: string,
    options: { readonly env: NodeJS.ProcessEnv; readonly signal: AbortSignal },
  ) {
    this.#plan = plan;
    this.#host = host;
    this.#options = options;
  }

  /** Tries again while names and routes are still on their way. */
  async insist(args: readonly string[]): Promise<void> {
    const { signal } = this.#options;
    let last = '';
    const done = await poll(
      async () => {
        const { exitCode, stderr } = await this.#run(args);
        last = stderr.trim().split('\n')[0] ?? '';
        return exitCode === 0 ? true : undefined;
      },
      { intervalMs: INTERVAL_MS, timeoutMs: TIMEOUT_MS, signal },
    );
    if (done) return;
    throw new SprueError('LAB_NOT_REACHED', { host: this.#host, command: args[0] ?? '', last });
  }

  #run(args: readonly string[]): Promise<RunResult> {
    const { env, signal } = this.#options;
    const { name } = this.#plan.shape;
    const argv = asPerson(this.#plan, findHost(this.#plan, this.#host), [launcher(), ...args]);
    const variables = labEnvironment(name, env) as Record<string, string>;
    return run(argv, { env: variables, signal, okExitCodes: [0, 1, 2, 3, 4, 5, 6] });
  }
}
