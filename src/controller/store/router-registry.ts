import { z } from 'zod';
import type { Bus } from '../../bus/bus.ts';
import type { Clock } from '../../core/clock.ts';
import { ROUTER_ALIVE_INTERVAL_MS, type RouterPresence } from '../../proto/router-register.ts';
import { SUBJECTS } from '../../proto/subjects.ts';

const presenceSchema = z.object({
  id: z.string(),
  host: z.string(),
  port: z.number(),
  name: z.string().default(''),
});

/** A router that missed three announcements is gone. */
const SILENT_MS = 3 * ROUTER_ALIVE_INTERVAL_MS + 1_000;

export interface SeenRouter extends RouterPresence {
  /** Empty when it did not say. */
  readonly name: string;
  readonly seenMs: number;
}

/** The routers that announce themselves on the bus. */
export class RouterRegistry {
  readonly #clock: Clock;
  readonly #routers = new Map<string, SeenRouter>();

  constructor(bus: Bus, clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    const alive = bus.subscribe(SUBJECTS.routerAlive, message => {
      const router = presenceSchema.parse(message.json());
      this.#routers.set(router.id, { ...router, seenMs: clock.now() });
    });
    const gone = bus.subscribe(SUBJECTS.routerGone, message => {
      this.#routers.delete(presenceSchema.parse(message.json()).id);
    });
    signal.addEventListener('abort', () => {
      alive.unsubscribe();
      gone.unsubscribe();
    });
  }

  live(): SeenRouter[] {
    const oldestMs = this.#clock.now() - SILENT_MS;
    for (const [id, router] of this.#routers)
      if (router.seenMs < oldestMs) this.#routers.delete(id);
    return [...this.#routers.values()];
  }
}
