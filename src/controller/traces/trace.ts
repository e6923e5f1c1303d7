import type { Observation, TraceArmed } from '../../proto/trace.ts';
import type { SilentAgent } from '../../proto/v3/trace.ts';

const MAX_OBSERVATIONS = 100;
const MAX_AGENTS = 1_000;
const MAX_BYTES = 2 ** 20;

export interface TraceParts {
  readonly id: string;
  /** Guid of the actor that began it: nobody else may look at it. */
  readonly owner: string;
  readonly forMs: number;
  /** Host header without port. */
  readonly host: string;
  /** Apps that the route leads to. */
  readonly appGuids: readonly string[];
  readonly expected: readonly SilentAgent[];
}

/** One trace under way: what has been seen so far. Lives in memory only, and not for long. */
export class Trace {
  readonly id: string;
  readonly owner: string;
  readonly forMs: number;
  readonly host: string;
  readonly appGuids: readonly string[];
  /** Who should have answered when it began. */
  readonly expected: readonly SilentAgent[];
  readonly #armed: TraceArmed[] = [];
  readonly #observations: Observation[] = [];
  readonly #waiting = new Set<() => void>();
  #bytes = 0;

  constructor({ id, owner, forMs, host, appGuids, expected }: TraceParts) {
    this.id = id;
    this.owner = owner;
    this.forMs = forMs;
    this.host = host;
    this.appGuids = appGuids;
    this.expected = expected;
  }

  get armed(): readonly TraceArmed[] {
    return this.#armed;
  }

  /** Expected, and not heard yet. */
  get silent(): readonly SilentAgent[] {
    return this.expected.filter(
      ({ role, agent }) => !this.#armed.some(one => one.role === role && one.agent === agent),
    );
  }

  get observations(): readonly Observation[] {
    return this.#observations;
  }

  addArmed(armed: TraceArmed): void {
    if (this.#armed.length >= MAX_AGENTS) return;
    this.#armed.push(armed);
    this.#look();
  }

  /** @returns `false` when it would be too much; the observation is then left out */
  add(observation: Observation): boolean {
    const bytes = JSON.stringify(observation).length;
    if (this.#observations.length >= MAX_OBSERVATIONS || this.#bytes + bytes > MAX_BYTES) {
      return false;
    }
    this.#bytes += bytes;
    this.#observations.push(observation);
    this.#look();
    return true;
  }

  /** Resolves when `isDone`, looked at again whenever somebody spoke, or when the time is up. */
  async until(isDone: () => boolean, waitMs: number, signal: AbortSignal): Promise<void> {
    if (waitMs <= 0 || isDone() || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = () => isDone() && resolve();
    const giveUp = () => resolve();
    const timer = setTimeout(giveUp, waitMs);
    this.#waiting.add(look);
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(look);
      signal.removeEventListener('abort', giveUp);
    }
  }

  #look(): void {
    for (const look of this.#waiting) look();
  }
}
