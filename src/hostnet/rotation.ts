import type { Clock } from '../core/clock.ts';

export interface RotationOptions {
  readonly first: number;
  readonly last: number;
  /** Where to go on; anything outside the range means `first`. */
  readonly next?: number;
  /** How long a released number is kept back. */
  readonly restMs: number;
  readonly clock: Clock;
}

/**
 * Hands out the numbers of a range in turn, never the lowest free one: a number that was just given
 * back is the last to be handed out again, and not before it has rested.
 */
export class Rotation {
  readonly #options: RotationOptions;
  readonly #held = new Set<number>();
  readonly #restsUntilMs = new Map<number, number>();
  /** Held numbers that need no rest once they are released. */
  readonly #forgotten = new Set<number>();
  #next: number;
  #steps = 0;

  constructor(options: RotationOptions) {
    const { first, last, next = first } = options;
    this.#options = options;
    this.#next = Number.isInteger(next) && next >= first && next <= last ? next : first;
  }

  /** The number that is tried next. */
  get next(): number {
    return this.#next;
  }

  /** How many numbers the cursor has passed. */
  get steps(): number {
    return this.#steps;
  }

  /** Takes a number out of the pool, or `undefined` when all are held or resting. */
  take(): number | undefined {
    const { first, last } = this.#options;
    for (let tried = first; tried <= last; tried++) {
      const candidate = this.#next;
      this.#next = candidate === last ? first : candidate + 1;
      this.#steps++;
      if (this.#held.has(candidate) || this.#rests(candidate)) continue;
      this.#held.add(candidate);
      return candidate;
    }
    return undefined;
  }

  /** Marks a number as in use that was handed out before this process began. */
  hold(value: number): void {
    this.#held.add(value);
  }

  /** Gives a number back. A second release does nothing. */
  release(value: number): void {
    if (!this.#held.delete(value) || this.#forgotten.delete(value)) return;
    this.#restsUntilMs.set(value, this.#options.clock.now() + this.#options.restMs);
  }

  /** Ends the rest of a released number; one that is still held will not rest at all. */
  wake(value: number): void {
    this.#restsUntilMs.delete(value);
    if (this.#held.has(value)) this.#forgotten.add(value);
  }

  #rests(value: number): boolean {
    const untilMs = this.#restsUntilMs.get(value);
    if (untilMs === undefined) return false;
    if (untilMs > this.#options.clock.now()) return true;
    this.#restsUntilMs.delete(value);
    return false;
  }
}
