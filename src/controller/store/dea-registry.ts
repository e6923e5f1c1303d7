import type { Bus } from '../../bus/bus.ts';
import { KvBucket } from '../../bus/kv-bucket.ts';
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../core/log.ts';
import { DEA_FORGET_MS, DEA_LEASE_MS, DEA_RENEW_MS, KV } from '../../proto/buckets.ts';
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
/** Of any number of DEAs one at least is heard in this time. */
const EARS_MS = 2 * DEA_RENEW_MS + 500;

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
  /** Those whose loss has been told. */
  #toldGone: ReadonlySet<string> = new Set();
  /** Whether it was told that the time to speak at the start is over. */
  #toldStart = false;

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

  /** Silent for a whole lease, although it had time to speak. */
  isSilent(deaId: string): boolean {
    return this.#options.clock.now() > this.#graceUntilMs && !this.isLive(deaId);
  }

  /** Silent while others are heard: it is the DEA that is gone, and not we that are cut off. */
  isGone(deaId: string): boolean {
    return this.isSilent(deaId) && this.#hearsAnybody();
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
    const wasCutOff = !this.#hearsAnybody();
    const before = this.#leases.get(id);
    if (advertisement === undefined) this.#leases.delete(id);
    else this.#leases.set(id, { advertisement, seenMs: nowMs });
    const returned = before === undefined || before.seenMs < nowMs - DEA_LEASE_MS;
    // Everybody was silent at once: the first to be heard again must not get what the others run.
    if (wasCutOff && before !== undefined) this.#graceUntilMs = nowMs + REUNION_GRACE_MS;
    if (advertisement === undefined || returned) this.#options.onChange();
  }

  #hearsAnybody(): boolean {
    const oldestMs = this.#options.clock.now() - EARS_MS;
    return [...this.#leases.values()].some(({ seenMs }) => seenMs >= oldestMs);
  }

  /** Notices those that are gone: also those that were gone before the start, as everybody else had spoken. */
  #look(): void {
    const gone = new Set([...this.#leases.keys()].filter(id => this.isGone(id)));
    const hasStarted = this.#options.clock.now() > this.#graceUntilMs;
    const isNews = !gone.isSubsetOf(this.#toldGone) || (hasStarted && !this.#toldStart);
    this.#toldGone = gone;
    this.#toldStart ||= hasStarted;
    if (isNews) this.#options.onChange();
  }
}
