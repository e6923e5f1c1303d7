import type { KvBucket, KvChange } from '../../bus/kv-bucket.ts';
import { hasCode, reasonOf } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';

interface Cached<T> {
  readonly value: T | undefined;
  readonly revision: number;
}

/** Longer than any watcher is away without asking for everything anew. */
const MARKERS_KEPT_MS = 3_600_000;

export interface CachedBucketOptions<T> {
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Called after the cache has changed, with what was there before. */
  onChange?(key: string, value: T | undefined, before: T | undefined): void;
}

/**
 * A bucket with a copy in memory: reads cost nothing, and a writer sees its own write at once.
 * The copy follows the bucket's watch. Revisions only grow, so news that is older than what a write
 * has already put here is recognised and dropped.
 */
export class CachedBucket<T> {
  readonly #bucket: KvBucket<T>;
  readonly #options: CachedBucketOptions<T>;
  /** Deleted keys stay, without value, until the watch has caught up with the deletion. */
  readonly #cache = new Map<string, Cached<T>>();

  private constructor(bucket: KvBucket<T>, options: CachedBucketOptions<T>) {
    this.#bucket = bucket;
    this.#options = options;
  }

  /** Resolves when the copy holds everything that was in the bucket. */
  static async open<T>(
    bucket: KvBucket<T>,
    options: CachedBucketOptions<T>,
  ): Promise<CachedBucket<T>> {
    const cached = new CachedBucket(bucket, options);
    await bucket.watch(
      '>',
      {
        onChange: change => cached.#follow(change),
        onInvalid: (key, reason) =>
          options.log.warn({ bucket: bucket.name, key, reason }, 'unreadable entry left alone'),
      },
      options.signal,
    );
    return cached;
  }

  get(key: string): T | undefined {
    return this.#cache.get(key)?.value;
  }

  *entries(): Generator<readonly [key: string, value: T]> {
    for (const [key, { value }] of this.#cache) if (value !== undefined) yield [key, value];
  }

  /** @throws SprueError `REVISION_CONFLICT` when the key exists. */
  async create(key: string, value: T): Promise<void> {
    this.#apply(key, value, await this.#bucket.create(key, value));
  }

  async put(key: string, value: T): Promise<void> {
    this.#apply(key, value, await this.#bucket.put(key, value));
  }

  /**
   * Changes a value by compare-and-set until nobody else was faster. `change` gets `undefined` when
   * there is no value, and may return `undefined` to leave things alone.
   */
  async modify(
    key: string,
    change: (value: T | undefined) => T | undefined,
  ): Promise<T | undefined> {
    let current = this.#cache.get(key);
    for (;;) {
      const next = change(current?.value);
      if (next === undefined || next === current?.value) return current?.value;
      try {
        if (current?.value === undefined) await this.create(key, next);
        else this.#apply(key, next, await this.#bucket.update(key, next, current.revision));
        return next;
      } catch (thrown) {
        if (!hasCode(thrown, 'REVISION_CONFLICT')) throw thrown;
        current = await this.#refresh(key);
      }
    }
  }

  /** Absent is success. */
  async delete(key: string): Promise<void> {
    const before = this.#cache.get(key);
    await this.#bucket.delete(key);
    this.#apply(key, undefined, before?.revision ?? 0);
  }

  /** Frees what deletions leave behind on the server, once every watcher has heard of them. */
  sweep(): Promise<void> {
    return this.#bucket.sweep(MARKERS_KEPT_MS);
  }

  async #refresh(key: string): Promise<Cached<T> | undefined> {
    const entry = await this.#bucket.get(key);
    if (entry === undefined) {
      this.#apply(key, undefined, this.#cache.get(key)?.revision ?? 0);
      return undefined;
    }
    this.#apply(key, entry.value, entry.revision);
    return entry;
  }

  #follow({ key, value, revision }: KvChange<T>): void {
    if (revision === 0) return this.#lookAgain(key);
    const known = this.#cache.get(key);
    if (known !== undefined && revision <= known.revision) return;
    this.#apply(key, value, revision);
    if (value === undefined) this.#cache.delete(key);
  }

  /** Vanished during an outage, without a revision that tells whether we know something newer. */
  #lookAgain(key: string): void {
    this.#refresh(key).catch(thrown => {
      const { name } = this.#bucket;
      this.#options.log.warn({ bucket: name, key, reason: reasonOf(thrown) }, 'entry not read');
    });
  }

  #apply(key: string, value: T | undefined, revision: number): void {
    const before = this.#cache.get(key);
    if (before !== undefined && revision < before.revision) return;
    this.#cache.set(key, { value, revision });
    if (value !== before?.value) this.#options.onChange?.(key, value, before?.value);
  }
}
