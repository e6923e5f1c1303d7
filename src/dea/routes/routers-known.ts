import type { Bus } from '../../bus/bus.ts';
import type { Clock } from '../../core/clock.ts';
import { ROUTER_ALIVE_INTERVAL_MS, type RouterPresence } from '../../proto/router-register.ts';
import { SUBJECTS } from '../../proto/subjects.ts';

/** A router that was not heard for three intervals is gone. */
const FORGET_AFTER_MS = 3 * ROUTER_ALIVE_INTERVAL_MS + 500;
/** Every router has spoken by then. */
const SETTLED_AFTER_MS = ROUTER_ALIVE_INTERVAL_MS + 500;

/** Which routers must confirm a change, as they say themselves. */
export class RoutersKnown {
  readonly #clock: Clock;
  readonly #heardMs = new Map<string, number>();
  readonly #unsubscribe: (() => void)[];
  readonly #sinceMs: number;

  constructor(bus: Pick<Bus, 'subscribe'>, clock: Clock) {
    this.#clock = clock;
    this.#sinceMs = clock.now();
    const alive = bus.subscribe(SUBJECTS.routerAlive, message => {
      const id = presenceId(message.json());
      if (id !== undefined) this.#heardMs.set(id, clock.now());
    });
    const gone = bus.subscribe(SUBJECTS.routerGone, message => {
      const id = presenceId(message.json());
      if (id !== undefined) this.#heardMs.delete(id);
    });
    this.#unsubscribe = [() => alive.unsubscribe(), () => gone.unsubscribe()];
  }

  /** Whether it has listened long enough to know every router there is. */
  get settled(): boolean {
    return this.#clock.now() - this.#sinceMs >= SETTLED_AFTER_MS;
  }

  ids(): ReadonlySet<string> {
    const oldestMs = this.#clock.now() - FORGET_AFTER_MS;
    for (const [id, heardMs] of this.#heardMs) {
      if (heardMs < oldestMs) this.#heardMs.delete(id);
    }
    return new Set(this.#heardMs.keys());
  }

  close(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
  }
}

function presenceId(presence: unknown): string | undefined {
  const id = (presence as Partial<RouterPresence> | null)?.id;
  return typeof id === 'string' && id !== '' ? id : undefined;
}
