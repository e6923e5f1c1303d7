import { reasonOf } from '../../core/errors.ts';
import type { Guid } from '../../core/ids.ts';
import type { Log } from '../../core/log.ts';

export interface LoopOptions {
  /** One pass for one app. */
  reconcile(appGuid: Guid): Promise<void>;
  /** Every app that has to be looked at in a full pass. */
  allApps(): Iterable<Guid>;
  readonly log: Log;
}

/** Changes that come together are handled together. */
const DEBOUNCE_MS = 10;
const FULL_PASS_MS = 30_000;
const RETRY_MS = 1_000;

/**
 * Calls `reconcile` for every app that changed, soon after the change, and for all of them every
 * thirty seconds. Never twice at the same time for one app; a change during a pass causes another.
 */
export class ReconcileLoop {
  readonly #options: LoopOptions;
  readonly #dirty = new Set<Guid>();
  /** Those whose pass failed; tried again after a pause. */
  readonly #failed = new Set<Guid>();
  readonly #fullPass: NodeJS.Timeout;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(options: LoopOptions) {
    this.#options = options;
    this.#fullPass = setInterval(() => this.pokeAll(), FULL_PASS_MS);
    this.#fullPass.unref();
  }

  poke(appGuid: Guid): void {
    this.#dirty.add(appGuid);
    this.#schedule(DEBOUNCE_MS);
  }

  pokeAll(): void {
    for (const appGuid of this.#options.allApps()) this.#dirty.add(appGuid);
    if (this.#dirty.size > 0) this.#schedule(DEBOUNCE_MS);
  }

  /** Resolves when the pass that is under way has ended; none begins after it. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#fullPass);
    clearTimeout(this.#timer);
    await this.#running;
  }

  #schedule(delayMs: number): void {
    if (this.#stopped || this.#timer !== undefined || this.#running !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#running = this.#pass();
      void this.#running.then(() => this.#settle());
    }, delayMs);
  }

  #settle(): void {
    this.#running = undefined;
    const retryMs = this.#dirty.size > 0 ? 0 : RETRY_MS;
    for (const appGuid of this.#failed) this.#dirty.add(appGuid);
    this.#failed.clear();
    if (this.#dirty.size > 0) this.#schedule(retryMs);
  }

  async #pass(): Promise<void> {
    await Promise.resolve(); // so that `#running` is set before anybody can poke
    const batch = [...this.#dirty];
    this.#dirty.clear();
    for (const appGuid of batch) {
      if (this.#stopped) break;
      try {
        await this.#options.reconcile(appGuid);
      } catch (thrown) {
        this.#options.log.warn({ appGuid, reason: reasonOf(thrown) }, 'reconciling failed');
        this.#failed.add(appGuid);
      }
    }
  }
}
