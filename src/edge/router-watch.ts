import { z } from 'zod';
import type { Bus } from '../bus/bus.ts';
import type { Ipv4 } from '../core/address.ts';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { ROUTER_ALIVE_INTERVAL_MS } from '../proto/router-register.ts';
import { SUBJECTS } from '../proto/subjects.ts';
import {
  afterProbe,
  PROBE_INTERVAL_MS,
  PROBE_TIMEOUT_MS,
  type ProbeOutcome,
  type RouterHealth,
  unknownHealth,
} from './router-health.ts';

const presenceSchema = z.object({
  id: z.string(),
  host: z.ipv4().transform(text => text as string as Ipv4),
  port: z.number().int().min(1).max(65_535),
  name: z.string().optional(),
});

/** A router's name, as an edge keeps it over its own restarts. */
export interface RouterSeat {
  /** Another one after each start of the router; empty while unknown. */
  readonly id: string;
  /** Host name of its machine, as far as known. */
  readonly name: string;
  readonly address: Ipv4;
  readonly port: number;
}

export interface WatchedRouter extends RouterSeat {
  readonly health: RouterHealth;
}

export interface RouterWatchOptions {
  readonly bus: Pick<Bus, 'subscribe' | 'connected'>;
  readonly clock: Clock;
  readonly log: Log;
  probe(target: RouterSeat, timeoutMs: number): Promise<ProbeOutcome>;
  /** A router came, went, or changed its state. */
  onChange(): void;
}

/** A router that was not heard for three intervals may be forgotten, if it does not answer either. */
const SILENT_MS = 3 * ROUTER_ALIVE_INTERVAL_MS + 1_000;

/**
 * The routers there are, and how each of them is. The bus says which; probes say how. Without the
 * bus the probes go on.
 */
export class RouterWatch implements Disposable {
  readonly #options: RouterWatchOptions;
  /** By address: one machine is one router, however often its process starts. */
  readonly #routers = new Map<Ipv4, WatchedRouter & { heardMs: number }>();
  readonly #stack = new DisposableStack();

  constructor(options: RouterWatchOptions) {
    this.#options = options;
  }

  /** @param known routers from before a restart; they count as well until probes say otherwise */
  start(known: readonly RouterSeat[]): void {
    const { bus, clock } = this.#options;
    const nowMs = clock.now();
    for (const seat of known) {
      const health = { ...unknownHealth(nowMs), state: 'up' } as const;
      this.#routers.set(seat.address, { ...seat, health, heardMs: nowMs });
    }
    const alive = bus.subscribe(SUBJECTS.routerAlive, message => this.#hear(message.json()));
    const gone = bus.subscribe(SUBJECTS.routerGone, message => this.#leave(message.json()));
    const timer = setInterval(() => this.#round(), PROBE_INTERVAL_MS);
    this.#stack.defer(() => {
      alive.unsubscribe();
      gone.unsubscribe();
      clearInterval(timer);
    });
    this.#round();
  }

  all(): WatchedRouter[] {
    return [...this.#routers.values()];
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }

  #hear(json: unknown): void {
    const { id, host: address, port, name } = presenceSchema.parse(json);
    const nowMs = this.#options.clock.now();
    const before = this.#routers.get(address);
    const seat = { id, name: name ?? before?.name ?? '', address, port };
    const health = before?.health ?? unknownHealth(nowMs);
    this.#routers.set(address, { ...seat, health, heardMs: nowMs });
    if (before === undefined) void this.#probe(address);
    if (before?.id !== id || before.port !== port) this.#options.onChange();
  }

  /** Said goodbye. One of the same address that started meanwhile stays. */
  #leave(json: unknown): void {
    const { id, host } = presenceSchema.parse(json);
    if (this.#routers.get(host)?.id !== id) return;
    this.#routers.delete(host);
    this.#options.log.info({ router: host }, 'router left');
    this.#options.onChange();
  }

  #round(): void {
    for (const address of this.#routers.keys()) void this.#probe(address);
  }

  /** Probes do not wait for one another: a silent router is known to be down after 1.5 s, not 2. */
  async #probe(address: Ipv4): Promise<void> {
    const { clock, log, probe, onChange } = this.#options;
    const target = this.#routers.get(address);
    if (target === undefined) return;
    const outcome = await probe(target, PROBE_TIMEOUT_MS);
    const router = this.#routers.get(address);
    if (this.#stack.disposed || router?.port !== target.port) return;
    const { state } = router.health;
    const health = afterProbe(router.health, outcome, clock.now());
    if (this.#isForgotten(router.heardMs, health)) this.#routers.delete(address);
    else this.#routers.set(address, { ...router, health });
    if (health.state === state && this.#routers.has(address)) return;
    log.info({ router: address, port: router.port, state: health.state, outcome }, 'router health');
    onChange();
  }

  #isForgotten(heardMs: number, { state }: RouterHealth): boolean {
    const { bus, clock } = this.#options;
    return state === 'down' && bus.connected && heardMs < clock.now() - SILENT_MS;
  }
}
