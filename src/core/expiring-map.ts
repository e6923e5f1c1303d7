/** A map of limited size whose entries end by themselves after a time. */
export class ExpiringMap<V> {
  readonly #limit: number;
  readonly #onEnd: (key: string, value: V) => void;
  readonly #entries = new Map<string, { readonly value: V; readonly timer: NodeJS.Timeout }>();

  /** @param onEnd called once for each entry that goes, whatever ended it */
  constructor(limit: number, onEnd: (key: string, value: V) => void = () => {}) {
    this.#limit = limit;
    this.#onEnd = onEnd;
  }

  get size(): number {
    return this.#entries.size;
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  get(key: string): V | undefined {
    return this.#entries.get(key)?.value;
  }

  values(): V[] {
    return [...this.#entries.values()].map(({ value }) => value);
  }

  /** @returns false when it is full; the entry is then not there */
  add(key: string, value: V, forMs: number): boolean {
    this.delete(key);
    if (this.#entries.size >= this.#limit) return false;
    const timer = setTimeout(() => this.delete(key), forMs);
    timer.unref(); // nothing waits for it
    this.#entries.set(key, { value, timer });
    return true;
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    clearTimeout(entry.timer);
    this.#entries.delete(key);
    this.#onEnd(key, entry.value);
  }

  clear(): void {
    for (const key of [...this.#entries.keys()]) this.delete(key);
  }
}
