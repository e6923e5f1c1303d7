/** A list that is costly to read: those who ask at the same time share one reading. */
export class RecentList<T> {
  readonly #read: () => Promise<readonly T[]>;
  #last: readonly T[] = [];
  #readMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<readonly T[]> | undefined;

  constructor(read: () => Promise<readonly T[]>) {
    this.#read = read;
  }

  /** As it was last read. */
  get last(): readonly T[] {
    return this.#last;
  }

  async read(maxAgeMs: number): Promise<readonly T[]> {
    if (performance.now() - this.#readMs <= maxAgeMs) return this.#last;
    this.#reading ??= this.#readAnew().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readAnew(): Promise<readonly T[]> {
    const beganMs = performance.now();
    this.#last = await this.#read();
    this.#readMs = beganMs;
    return this.#last;
  }
}
