import type { KvBucket } from '../bus/kv-bucket.ts';
import type { Clock } from '../core/clock.ts';
import { reasonOf } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { EDGE_LEASE_MS, EDGE_RENEW_MS, type EdgeLease } from '../proto/edge.ts';
import { conflictOf, isSenior } from './claim.ts';

export interface EdgeLeasesOptions {
  readonly bucket: KvBucket<EdgeLease>;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** This edge as it is now. */
  describe(): EdgeLease;
  /** Another edge came, changed or went. */
  onOthers(): void;
}

/** This edge's lease, and those of the others. */
export class EdgeLeases {
  readonly #options: EdgeLeasesOptions;
  readonly #others = new Map<string, { readonly lease: EdgeLease; readonly seenMs: number }>();
  #written = '';

  constructor(options: EdgeLeasesOptions) {
    this.#options = options;
  }

  /**
   * Takes the lease and keeps it. Writes first and looks then, so that of two edges that start at
   * once at least one sees the other; the younger one gives way.
   * @throws SprueError `FLOATING_POOL_TAKEN`, `EDGE_RUNNING_ELSEWHERE`
   */
  async claim(): Promise<void> {
    const { bucket, describe, signal } = this.#options;
    const own = describe();
    const before = await this.#readAll();
    const taken = conflictOf(own, before);
    if (taken !== undefined) throw taken;
    await bucket.put(own.id, own);
    const seniors = (await this.#readAll()).filter(other => isSenior(other, own));
    const lost = conflictOf(own, seniors);
    if (lost !== undefined) {
      await bucket.delete(own.id);
      throw lost;
    }
    await bucket.watch('>', { onChange: ({ key, value }) => this.#follow(key, value) }, signal);
    const timer = setInterval(() => this.#renew(), EDGE_RENEW_MS);
    signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  }

  /** Writes the lease now, if it says anything new. */
  publish(): void {
    if (JSON.stringify(this.#options.describe()) !== this.#written) this.#renew();
  }

  /** Frees this edge's pool at once. Goes on when NATS is away: the lease runs out by itself. */
  async release(): Promise<void> {
    const { bucket, describe, log } = this.#options;
    await bucket.delete(describe().id).catch(thrown => {
      log.warn({ reason: reasonOf(thrown) }, 'the lease of this edge runs out by itself');
    });
  }

  /** The other edges that are alive. */
  others(): EdgeLease[] {
    const oldestMs = this.#options.clock.now() - EDGE_LEASE_MS;
    return [...this.#others.values()]
      .filter(seen => seen.seenMs > oldestMs)
      .map(seen => seen.lease);
  }

  /** Why this edge must not hold its addresses: an older one claims them too. */
  conflict(): string | undefined {
    const own = this.#options.describe();
    return conflictOf(
      own,
      this.others().filter(other => isSenior(other, own)),
    )?.message;
  }

  async #readAll(): Promise<EdgeLease[]> {
    const { bucket } = this.#options;
    const entries = await Promise.all((await bucket.keys()).map(key => bucket.get(key)));
    return entries.flatMap(entry => entry?.value ?? []);
  }

  #follow(id: string, lease: EdgeLease | undefined): void {
    const { clock, describe, onOthers } = this.#options;
    const own = describe();
    if (id === own.id && (lease === undefined || lease.host === own.host)) return;
    if (lease === undefined) this.#others.delete(id);
    else this.#others.set(id, { lease, seenMs: clock.now() });
    onOthers();
  }

  #renew(): void {
    const { bucket, log, describe } = this.#options;
    const lease = describe();
    this.#written = JSON.stringify(lease);
    bucket.put(lease.id, lease).catch(thrown => {
      this.#written = '';
      log.warn({ reason: reasonOf(thrown) }, 'the lease of this edge cannot be renewed');
    });
  }
}
