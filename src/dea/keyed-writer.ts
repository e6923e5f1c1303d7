import { setTimeout as delay } from 'node:timers/promises';
import { reasonOf } from '../core/errors.ts';
import type { Log } from '../core/log.ts';

/** Where values go: a bucket of the key-value store. */
export interface WritableBucket<T> {
  put(key: string, value: T): Promise<unknown>;
  delete(key: string): Promise<void>;
}

const RETRY_MS = 1_000;

/**
 * Writes the newest value of each key, in order, for as long as it takes: callers never wait for NATS,
 * and values that were overtaken while it was away are never written.
 */
export class KeyedWriter<T> {
  readonly #bucket: WritableBucket<T>;
  readonly #log: Log;
  readonly #abort = new AbortController();
  /** Newest values that are not written yet; `undefined` means delete. */
  readonly #pending = new Map<string, { readonly value: T | undefined }>();
  readonly #writing = new Map<string, Promise<void>>();

  constructor(bucket: WritableBucket<T>, log: Log) {
    this.#bucket = bucket;
    this.#log = log;
  }

  put(key: string, value: T): void {
    this.#enqueue(key, value);
  }

  /** Absent is success. */
  delete(key: string): void {
    this.#enqueue(key, undefined);
  }

  /** Gives pending writes this long, then gives up: the next agent writes everything anew. */
  async stop(timeoutMs: number): Promise<void> {
    const written = Promise.all(this.#writing.values());
    await Promise.race([written, delay(timeoutMs, undefined, { ref: false })]);
    this.#abort.abort();
    await Promise.all(this.#writing.values());
  }

  #enqueue(key: string, value: T | undefined): void {
    this.#pending.set(key, { value });
    if (this.#writing.has(key)) return;
    this.#writing.set(
      key,
      this.#write(key).finally(() => this.#writing.delete(key)),
    );
  }

  async #write(key: string): Promise<void> {
    for (;;) {
      const newest = this.#pending.get(key);
      if (newest === undefined || this.#abort.signal.aborted) return;
      try {
        if (newest.value === undefined) await this.#bucket.delete(key);
        else await this.#bucket.put(key, newest.value);
        if (this.#pending.get(key) === newest) this.#pending.delete(key);
      } catch (thrown) {
        this.#log.warn({ key, reason: reasonOf(thrown) }, 'state cannot be written yet');
        await delay(RETRY_MS, undefined, { signal: this.#abort.signal }).catch(() => {});
      }
    }
  }
}
