/** Runs tasks with the same key one after the other, tasks with different keys side by side. */
export class Serial<K> {
  readonly #last = new Map<K, Promise<unknown>>();

  async run<T>(key: K, task: () => Promise<T>): Promise<T> {
    const previous = this.#last.get(key);
    const mine = (async () => {
      await previous?.catch(() => {}); // told to whoever started it
      return task();
    })();
    this.#last.set(key, mine);
    try {
      return await mine;
    } finally {
      if (this.#last.get(key) === mine) this.#last.delete(key);
    }
  }
}
