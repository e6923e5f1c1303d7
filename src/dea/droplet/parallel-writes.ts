/** Writes that go on beside each other, a bounded number at a time; the first failure counts. */
export class ParallelWrites {
  readonly #limit: number;
  readonly #writing = new Set<Promise<void>>();
  #failure: unknown;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Resolves when there is room for another write. @throws what an earlier write failed with */
  async add(write: Promise<void>): Promise<void> {
    const tracked = write
      .catch(thrown => {
        this.#failure ??= thrown;
      })
      .finally(() => this.#writing.delete(tracked));
    this.#writing.add(tracked);
    if (this.#writing.size >= this.#limit) await Promise.race(this.#writing);
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Resolves when no write is under way any more, whatever came of them. */
  async settle(): Promise<void> {
    await Promise.all(this.#writing);
  }

  /** @throws what a write failed with */
  async finish(): Promise<void> {
    await this.settle();
    if (this.#failure !== undefined) throw this.#failure;
  }
}
