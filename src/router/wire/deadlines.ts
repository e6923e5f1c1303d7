/** A thing that gives up at some time. Extended by connections, so that waiting costs two numbers. */
export abstract class Deadline {
  /** Tick after which {@link onDeadline} is called; {@link NEVER} while nothing is waited for. */
  deadlineTick: number = NEVER;
  /** Place in the list of {@link Deadlines}; -1 while not in it. */
  deadlineIndex = -1;

  abstract onDeadline(): void;
}

/** A small integer on purpose: comparing these allocates nothing. */
export const NEVER = 2 ** 30;

/**
 * One coarse clock for all timeouts. Setting or clearing one is a store; each tick looks at every
 * connection once (10,000 cost about 0.1 ms a second). Timeouts come up to one tick late.
 */
export class Deadlines {
  readonly #tickMs: number;
  readonly #items: Deadline[] = [];
  #tick = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(tickMs: number) {
    this.#tickMs = tickMs;
  }

  /** The tick that is `timeoutMs` from now; {@link NEVER} for 0. */
  after(timeoutMs: number): number {
    return timeoutMs === 0 ? NEVER : this.#tick + 1 + Math.ceil(timeoutMs / this.#tickMs);
  }

  add(item: Deadline): void {
    item.deadlineIndex = this.#items.push(item) - 1;
    this.#timer ??= setInterval(() => this.#onTick(), this.#tickMs).unref();
  }

  remove(item: Deadline): void {
    const index = item.deadlineIndex;
    if (index < 0) return;
    const last = this.#items.pop();
    if (last !== undefined && last !== item) {
      this.#items[index] = last;
      last.deadlineIndex = index;
    }
    item.deadlineIndex = -1;
    if (this.#items.length > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** From the end, because {@link remove} moves the last item into the gap. */
  #onTick(): void {
    this.#tick++;
    for (let i = this.#items.length - 1; i >= 0; i--) {
      const item = this.#items[i];
      if (item === undefined || item.deadlineTick > this.#tick) continue;
      item.deadlineTick = NEVER;
      item.onDeadline();
    }
  }
}
