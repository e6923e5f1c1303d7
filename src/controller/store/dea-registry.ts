import type { Bus } from '../../bus/bus.ts';
import { KvBucket } from '../../bus/kv-bucket.ts';
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../core/log.ts';
import { DEA_FORGET_MS, DEA_LEASE_MS, KV } from '../../proto/buckets.ts';
import { type DeaAdvertisement, deaAdvertisementSchema } from '../../proto/dea-advertisement.ts';

export interface DeaRegistryOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** A DEA came, went, or fell silent. */
  onChange(): void;
}

const LOOK_INTERVAL_MS = 1_000;
/** TCP's pauses between retransmissions: that much later than the first the last may be heard again. */
const REUNION_GRACE_MS = 30_000;

interface Lease {
  readonly advertisement: DeaAdvertisement;
  readonly seenMs: number;
}

/**
 * The DEAs and when each was last heard. JetStream drops expired leases without telling anybody, so
 * the time of the last renewal decides, not the entry's existence, and somebody has to look.
 */
export class DeaRegistry {
  readonly #leases = new Map<string, Lease>();
  readonly #options: DeaRegistryOptions;
  #graceUntilMs: number;
  /** As the last look found it. */
  #lastLive: ReadonlySet<string> = new Set();
  #inGrace = true;

  private constructor(options: DeaRegistryOptions) {
    this.#options = options;
    this.#graceUntilMs = options.clock.now() + DEA_LEASE_MS;
  }

  static async open(bus: Bus, options: DeaRegistryOptions): Promise<DeaRegistry> {
    const registry = new DeaRegistry(options);
    const bucket = await KvBucket.open(bus, {
      name: KV.deas,
      decode: json => deaAdvertisementSchema.parse(json),
      ttlMs: DEA_FORGET_MS,
    });
    await bucket.watch(
      '>',
      {
        onChange({ key, value, revision }) {
          // Expired while the bus was away: nobody could renew, so the last renewal decides.
          if (value !== undefined || revision > 0) registry.#follow(key, value);
        },
      },
      options.signal,
    );
    const timer = setInterval(() => bus.connected && registry.#look(), LOOK_INTERVAL_MS).unref();
    options.signal.addEventListener('abort', () => clearInterval(timer), { once: true });
    return registry;
  }

  /** DEAs whose lease is good. */
  live(): DeaAdvertisement[] {
    const oldestMs = this.#options.clock.now() - DEA_LEASE_MS;
    return [...this.#leases.values()]
      .filter(lease => lease.seenMs > oldestMs)
      .map(lease => lease.advertisement);
  }

  isLive(deaId: string): boolean {
    return this.live().some(dea => dea.id === deaId);
  }

  /** Certainly gone: heard before or given time to speak, and silent for a whole lease. */
  isGone(deaId: string): boolean {
    return this.#options.clock.now() > this.#graceUntilMs && !this.isLive(deaId);
  }

  /** Nobody could renew a lease while the bus was away: everybody gets one more. */
  extendAll(): void {
    const nowMs = this.#options.clock.now();
    this.#graceUntilMs = nowMs + DEA_LEASE_MS;
    for (const [id, lease] of this.#leases) this.#leases.set(id, { ...lease, seenMs: nowMs });
  }

  seenMs(deaId: string): number {
    return this.#leases.get(deaId)?.seenMs ?? 0;
  }

  #follow(id: string, advertisement: DeaAdvertisement | undefined): void {
    const nowMs = this.#options.clock.now();
    const wasAlone = this.live().length === 0;
    const before = this.#leases.get(id);
    if (advertisement === undefined) this.#leases.delete(id);
    else this.#leases.set(id, { advertisement, seenMs: nowMs });
    const returned = before === undefined || before.seenMs < nowMs - DEA_LEASE_MS;
    // After a cut everybody was silent at once: the first to be heard must not get what the others run.
    if (returned && wasAlone) this.#graceUntilMs = nowMs + REUNION_GRACE_MS;
    if (advertisement === undefined || returned) this.#options.onChange();
  }

  /** Notices those that fell silent. */
  #look(): void {
    const now = new Set(this.live().map(({ id }) => id));
    const someoneLeft = [...this.#lastLive].some(id => !now.has(id));
    const graceEnded = this.#inGrace && this.#options.clock.now() > this.#graceUntilMs;
    this.#lastLive = now;
    this.#inGrace = this.#options.clock.now() <= this.#graceUntilMs;
    if (someoneLeft || graceEnded) this.#options.onChange();
  }
}
