import { setTimeout as delay } from 'node:timers/promises';
import { reasonOf } from '../core/errors.ts';
import type { Log } from '../core/log.ts';

/** Where values go: a bucket of the key-value store. */
export interface WritableBucket<T> {
  put(key: string, value: T): Promise<unknown>;
  delete(key: string): Promise<void>;
}

export interface KeyedWriterOptions<T> {
  readonly bucket: WritableBucket<T>;
  /** Resolves when the bucket can be reached; rejects when the signal aborts. */
  readonly ready: (signal: AbortSignal) => Promise<void>;
  readonly log: Log;
}

const RETRY_MS = 1_000;

/**
 * Writes the newest value of each key, in order, for as long as it takes: callers never wait for NATS,
 * and values that were overtaken while it was away are never written.
 */
export class KeyedWriter<T> {
  readonly #options: KeyedWriterOptions<T>;
  readonly #abort = new AbortController();
  /** Newest values that are not written yet; `undefined` means delete. */
  readonly #pending = new Map<string, { readonly value: T | undefined }>();
  readonly #writing = new Map<string, Promise<void>>();

  constructor(options: KeyedWriterOptions<T>) {
    this.#options = options;
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
    const { bucket, ready, log } = this.#options;
    const { signal } = this.#abort;
    while (this.#pending.has(key) && !signal.aborted) {
      try {
        await ready(signal);
        const newest = this.#pending.get(key);
        if (newest?.value === undefined) await bucket.delete(key);
        else await bucket.put(key, newest.value);
        if (this.#pending.get(key) === newest) this.#pending.delete(key);
      } catch (thrown) {
        if (signal.aborted) return;
        log.warn({ key, reason: reasonOf(thrown) }, 'state cannot be written yet');
        await delay(RETRY_MS, undefined, { signal }).catch(() => {});
      }
    }
  }
}
