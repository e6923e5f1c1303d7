import { once } from 'node:events';
import type { Log } from '../core/log.ts';
import { loadRouterConfig, type RouterConfig } from './config/router-config.ts';
import { Router } from './router.ts';
import { createRouterLog } from './router-log.ts';
import type { RouterViews } from './trace/router-tracing.ts';

export interface RunRouterOptions {
  /** gorouter's YAML configuration file… */
  readonly configFile?: string;
  /** …or what it says. */
  readonly config?: RouterConfig;
  /** Ends the router like SIGTERM. */
  readonly signal?: AbortSignal;
  /** Default: gorouter's JSON lines on standard error. */
  readonly log?: Log;
  /** For traces that ask for pictures of each machine. */
  readonly views?: RouterViews;
}

/**
 * `sprue router`: runs until SIGTERM or SIGINT (finishes what runs, then ends) or SIGUSR1 (unhealthy
 * at once, serves on for `drain_wait`, then the same). The first of them counts.
 * @throws SprueError `CONFIG_INVALID`, `BUS_UNAVAILABLE`, `LISTEN_FAILED`
 */
export async function runRouter(options: RunRouterOptions): Promise<void> {
  const config = options.config ?? (await loadRouterConfig(options.configFile ?? 'gorouter.yml'));
  const { logLevel: level, logTimestamp: timestamp } = config;
  const log = options.log ?? createRouterLog({ level, timestamp });
  using end = new EndSignals(options.signal);
  try {
    const { views } = options;
    const router = await Router.start({ config, log, signal: end.signal, ...(views && { views }) });
    const reason = await end.wait();
    await router.drain(reason === 'SIGUSR1' ? config.drainWaitMs : 0);
  } catch (thrown) {
    if (!end.signal.aborted) throw thrown;
    log.info({ reason: end.signal.reason }, 'gorouter.stopped'); // told to end while it was starting
  }
}

type EndReason = 'SIGTERM' | 'SIGINT' | 'SIGUSR1' | 'aborted';

/** The first reason to end; later signals are ignored, as long as this lives. */
class EndSignals implements Disposable {
  readonly #controller = new AbortController();
  readonly #handlers = new Map<NodeJS.Signals, () => void>();
  readonly #outer: AbortSignal | undefined;
  readonly #onAbort = () => this.#end('aborted');

  constructor(outer: AbortSignal | undefined) {
    for (const name of ['SIGTERM', 'SIGINT', 'SIGUSR1'] as const) {
      const handler = () => this.#end(name);
      this.#handlers.set(name, handler);
      process.on(name, handler);
    }
    this.#outer = outer;
    if (outer?.aborted) this.#onAbort();
    outer?.addEventListener('abort', this.#onAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  async wait(): Promise<EndReason> {
    if (!this.signal.aborted) await once(this.signal, 'abort');
    return this.signal.reason as EndReason;
  }

  [Symbol.dispose](): void {
    for (const [name, handler] of this.#handlers) process.off(name, handler);
    this.#outer?.removeEventListener('abort', this.#onAbort);
  }

  #end(reason: EndReason): void {
    this.#controller.abort(reason);
  }
}
