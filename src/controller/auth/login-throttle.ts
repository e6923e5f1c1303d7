import type { Clock } from '../../core/clock.ts';

/** Failures that cost nothing; after them each further one doubles the wait. */
const FREE_FAILURES = 5;
const MAX_WAIT_MS = 60_000;
/** An address that behaved for so long starts anew. */
const FORGET_MS = 15 * 60_000;
const MAX_ADDRESSES = 10_000;

interface Failures {
  readonly count: number;
  readonly lastMs: number;
}

/** Slows down guessing of passwords, per client address, so that one guesser locks out nobody else. */
export class LoginThrottle {
  readonly #clock: Clock;
  readonly #failures = new Map<string, Failures>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds until this address may try again; 0 when it may now. */
  waitMs(address: string): number {
    const failures = this.#failures.get(address);
    if (failures === undefined || failures.count < FREE_FAILURES) return 0;
    const pauseMs = Math.min(MAX_WAIT_MS, 1_000 * 2 ** (failures.count - FREE_FAILURES));
    return Math.max(0, failures.lastMs + pauseMs - this.#clock.now());
  }

  failed(address: string): void {
    const nowMs = this.#clock.now();
    const before = this.#failures.get(address);
    const isRecent = before !== undefined && nowMs - before.lastMs < FORGET_MS;
    this.#failures.delete(address); // so that the map stays in the order of the last failure
    this.#failures.set(address, { count: (isRecent ? before.count : 0) + 1, lastMs: nowMs });
    if (this.#failures.size <= MAX_ADDRESSES) return;
    const [oldest] = this.#failures.keys();
    if (oldest !== undefined) this.#failures.delete(oldest);
  }

  succeeded(address: string): void {
    this.#failures.delete(address);
  }
}
