import { jetstreamManager } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import { hasCode, reasonOf, SprueError } from '../core/errors.ts';
import type { Bus } from './bus.ts';
import { KvWatch, type WatchedEntry } from './kv-watch.ts';

/** Turns stored JSON into a value; throws when it is not one. */
export type Decode<T> = (json: unknown) => T;

export interface KvBucketOptions<T> {
  readonly name: string;
  readonly decode: Decode<T>;
  /** Entries disappear when they were not written again for this long: a lease. */
  readonly ttlMs?: number;
  readonly maxBytes?: number;
}

export interface KvEntry<T> {
  readonly key: string;
  readonly value: T;
  /** For compare-and-set. */
  readonly revision: number;
}

/** `value` is `undefined` when the entry was deleted. */
export interface KvChange<T> {
  readonly key: string;
  readonly value: T | undefined;
  readonly revision: number;
}

export interface KvWatchHandlers<T> {
  /** Called in order, first for everything there is, then for every change. */
  onChange(change: KvChange<T>): void;
  /** An entry that `decode` refuses. The watch goes on. */
  onInvalid?(key: string, reason: string): void;
}

/** One bucket of the JetStream key-value store, with JSON values of one type. */
export class KvBucket<T> {
  readonly name: string;
  readonly #bus: Bus;
  readonly #kv: KV;
  readonly #decode: Decode<T>;

  private constructor(bus: Bus, kv: KV, options: KvBucketOptions<T>) {
    this.name = options.name;
    this.#bus = bus;
    this.#kv = kv;
    this.#decode = options.decode;
  }

  /** Opens the bucket and creates it when it is missing. */
  static async open<T>(bus: Bus, options: KvBucketOptions<T>): Promise<KvBucket<T>> {
    const kv = await new Kvm(bus.connection).create(options.name, {
      history: 1,
      ...(options.ttlMs !== undefined && { ttl: options.ttlMs }),
      ...(options.maxBytes !== undefined && { max_bytes: options.maxBytes }),
    });
    return new KvBucket(bus, kv, options);
  }

  async get(key: string): Promise<KvEntry<T> | undefined> {
    const entry = await this.#kv.get(key);
    if (entry === null || entry.operation !== 'PUT') return undefined;
    return { key, value: this.#decode(entry.json()), revision: entry.revision };
  }

  /** @returns the new revision. @throws SprueError `REVISION_CONFLICT` when the key exists. */
  create(key: string, value: T): Promise<number> {
    return conflict(key, this.#kv.create(key, JSON.stringify(value)));
  }

  /** @returns the new revision. @throws SprueError `REVISION_CONFLICT` unless `revision` is the newest. */
  update(key: string, value: T, revision: number): Promise<number> {
    return conflict(key, this.#kv.update(key, JSON.stringify(value), revision));
  }

  /** Writes whatever was there before. */
  put(key: string, value: T): Promise<number> {
    return this.#kv.put(key, JSON.stringify(value));
  }

  /** Absent is success. @throws SprueError `REVISION_CONFLICT` when `revision` is given and not the newest. */
  delete(key: string, revision?: number): Promise<void> {
    if (revision === undefined) return this.#kv.delete(key);
    return conflict(key, this.#kv.delete(key, { previousSeq: revision }));
  }

  /**
   * Reads, changes and writes until nobody else was faster.
   * `change` returns the new value, or `undefined` to leave things alone.
   * @returns the value that is stored now.
   */
  async modify(
    key: string,
    change: (value: T | undefined) => T | undefined,
  ): Promise<T | undefined> {
    for (;;) {
      const current = await this.get(key);
      const next = change(current?.value);
      if (next === undefined) return current?.value;
      try {
        if (current === undefined) await this.create(key, next);
        else await this.update(key, next, current.revision);
        return next;
      } catch (thrown) {
        if (!hasCode(thrown, 'REVISION_CONFLICT')) throw thrown;
      }
    }
  }

  /**
   * Frees what deleted entries leave behind: a marker each, kept so that watchers hear of it. Entries
   * deleted later than `olderThanMs` ago keep theirs.
   */
  async sweep(olderThanMs: number): Promise<void> {
    const untilMs = Date.now() - olderThanMs;
    const manager = await jetstreamManager(this.#bus.connection, { checkAPI: false });
    for await (const entry of await this.#kv.history()) {
      if (entry.operation === 'PUT' || entry.created.getTime() > untilMs) continue;
      const filter = `$KV.${this.name}.${entry.key}`;
      await manager.streams.purge(`KV_${this.name}`, { filter, seq: entry.revision + 1 });
    }
  }

  /** Keys that match `filter`, for example `app.*`. Default: all. */
  async keys(filter = '>'): Promise<string[]> {
    const found: string[] = [];
    for await (const key of await this.#kv.keys(filter)) found.push(key);
    return found;
  }

  /**
   * Follows all keys that match `filter` until `signal` aborts. Survives outages and restarts of the
   * server, after which entries that are gone are told too. An entry that expires by TTL while the
   * connection stands is not told: nobody writes when that happens.
   * @returns when everything that was there at the call has been handed to `onChange`.
   */
  async watch(filter: string, handlers: KvWatchHandlers<T>, signal: AbortSignal): Promise<void> {
    const onEntry = (entry: WatchedEntry) => this.#handle(entry, handlers);
    await new KvWatch(this.#bus, this.name, { filter, onEntry, signal }).start();
  }

  #handle(entry: WatchedEntry, handlers: KvWatchHandlers<T>): void {
    const { key, revision } = entry;
    if (entry.deleted) return handlers.onChange({ key, value: undefined, revision });
    let value: T;
    try {
      value = this.#decode(entry.json());
    } catch (thrown) {
      handlers.onInvalid?.(key, reasonOf(thrown));
      return;
    }
    handlers.onChange({ key, value, revision });
  }
}

/** JetStream's “wrong last sequence”: somebody else wrote the key first. */
const WRONG_LAST_SEQUENCE = 10071;

async function conflict<R>(key: string, write: Promise<R>): Promise<R> {
  try {
    return await write;
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== WRONG_LAST_SEQUENCE) throw cause;
    throw new SprueError('REVISION_CONFLICT', { key }, { cause });
  }
}
