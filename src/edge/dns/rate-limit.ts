import type { Clock } from '../../core/clock.ts';
import { clientPrefix } from './client-prefix.ts';

export interface RateLimitOptions {
  /** Replies per second that one client network gets over UDP. Default 500. */
  readonly repliesPerSecond?: number;
  /** How many it may save up. Default 1,000. */
  readonly burst?: number;
  /** Every how-manieth reply beyond that says “ask over TCP” instead of nothing. Default 2. */
  readonly slip?: number;
  /** How many client networks are remembered. Default 10,000: about 2 MB. */
  readonly maxClients?: number;
}

export type Verdict = 'reply' | 'slip' | 'drop';

interface Bucket {
  tokens: number;
  /** When `tokens` was right. */
  atMs: number;
  /** Replies beyond the limit so far. */
  excess: number;
}

/**
 * Response rate limiting: a token bucket for each client network. A UDP query's sender may be
 * forged, so that the replies hit a victim; the victim's own queries still get through, since some of
 * the excess is answered “ask over TCP”, where nothing can be forged. Memory is bounded: the network
 * that has been silent longest is forgotten first.
 */
export class RateLimit {
  readonly #perMs: number;
  readonly #burst: number;
  readonly #slip: number;
  readonly #maxClients: number;
  readonly #clock: Clock;
  /** In the order of last use. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Clock, options: RateLimitOptions = {}) {
    this.#clock = clock;
    this.#perMs = (options.repliesPerSecond ?? 500) / 1_000;
    this.#burst = options.burst ?? 1_000;
    this.#slip = options.slip ?? 2;
    this.#maxClients = options.maxClients ?? 10_000;
  }

  get clients(): number {
    return this.#buckets.size;
  }

  /** What the next query from an address gets. */
  take(address: string): Verdict {
    const bucket = this.#bucket(clientPrefix(address));
    if (bucket.tokens >= 1) {
      bucket.tokens -= 1;
      return 'reply';
    }
    bucket.excess += 1;
    return bucket.excess % this.#slip === 0 ? 'slip' : 'drop';
  }

  #bucket(prefix: string): Bucket {
    const nowMs = this.#clock.now();
    const known = this.#buckets.get(prefix);
    const bucket = known ?? { tokens: this.#burst, atMs: nowMs, excess: 0 };
    const elapsedMs = Math.max(0, nowMs - bucket.atMs); // the clock may be set back
    bucket.tokens = Math.min(this.#burst, bucket.tokens + elapsedMs * this.#perMs);
    bucket.atMs = nowMs;
    if (known) this.#buckets.delete(prefix);
    this.#buckets.set(prefix, bucket);
    if (this.#buckets.size > this.#maxClients) this.#forgetOldest();
    return bucket;
  }

  #forgetOldest(): void {
    for (const prefix of this.#buckets.keys()) {
      this.#buckets.delete(prefix);
      return;
    }
  }
}
