import { isDeepStrictEqual } from 'node:util';
import type { Bus } from '../../bus/bus.ts';
import { KvBucket } from '../../bus/kv-bucket.ts';
import type { Clock } from '../../core/clock.ts';
import { SprueError } from '../../core/errors.ts';
import type { Guid } from '../../core/ids.ts';
import type { Log } from '../../core/log.ts';
import { KV } from '../../proto/buckets.ts';
import {
  type AnyRecord,
  KIND_NAMES,
  KINDS,
  type Kind,
  ownerOf,
  type Records,
  type RouteRecord,
} from '../domain/records.ts';
import { type Claim, claimKey, claimsOf, claimTaken } from '../domain/uniqueness.ts';
import { CachedBucket } from './cached-bucket.ts';
import { RecordIndex } from './record-index.ts';
import { type ClaimEntry, decodeStored, type StoredValue } from './stored-value.ts';

export interface ResourceStoreOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Called after every change, whoever made it. */
  onChange(after: AnyRecord | undefined, before: AnyRecord | undefined): void;
}

/** A claim whose owner is not there may be on its way for this long. */
const CLAIM_GRACE_MS = 15_000;

/**
 * The controller's memory: the bucket `resources`, with keys `<kind>.<guid>` for records and
 * `unique.<hash>` for what only one record may have (names, routes). A claim is written before its
 * record and removed after it, so a crash in between leaves a claim without owner, never two owners;
 * such a claim gives way after {@link CLAIM_GRACE_MS}, or at the next start.
 */
export class ResourceStore {
  readonly #bucket: CachedBucket<StoredValue>;
  readonly #index: RecordIndex;
  readonly #options: ResourceStoreOptions;

  private constructor(
    bucket: CachedBucket<StoredValue>,
    index: RecordIndex,
    options: ResourceStoreOptions,
  ) {
    this.#bucket = bucket;
    this.#index = index;
    this.#options = options;
  }

  static async open(bus: Bus, options: ResourceStoreOptions): Promise<ResourceStore> {
    const index = new RecordIndex();
    const bucket = await KvBucket.open(bus, { name: KV.resources, decode: decodeStored });
    const cached = await CachedBucket.open(bucket, {
      log: options.log,
      signal: options.signal,
      onChange(_key, value, before) {
        const after = recordOf(value);
        const previous = recordOf(before);
        index.change(after, previous);
        if (after !== undefined || previous !== undefined) options.onChange(after, previous);
      },
    });
    const store = new ResourceStore(cached, index, options);
    await store.#sweep();
    return store;
  }

  find<K extends Kind>(kind: K, guid: string): Records[K] | undefined {
    return this.#index.get(kind, guid);
  }

  /** @throws SprueError `RESOURCE_NOT_FOUND` */
  get<K extends Kind>(kind: K, guid: string): Records[K] {
    const record = this.#index.get(kind, guid);
    if (record === undefined) throw notFound(kind);
    return record;
  }

  all<K extends Kind>(kind: K): Records[K][] {
    return this.#index.all(kind);
  }

  count(kind: Kind): number {
    return this.#index.count(kind);
  }

  /** Oldest first. */
  ownedBy<K extends Kind>(kind: K, owner: Guid): Records[K][] {
    return this.#index.ownedBy(kind, owner);
  }

  /** Routes with a destination in the app, oldest first. */
  routesOf(appGuid: Guid): RouteRecord[] {
    return this.#index.routesOf(appGuid);
  }

  /** @throws SprueError as {@link claimsOf} says, when a name or route is taken. */
  async create<R extends AnyRecord>(record: R): Promise<R> {
    const claims = claimsOf(record);
    await this.#claim(claims, record);
    try {
      await this.#bucket.create(keyOf(record), record);
    } catch (thrown) {
      await this.#release(claims, record);
      throw thrown;
    }
    return record;
  }

  /**
   * Changes a record by compare-and-set. `change` may run more than once; when it changes nothing,
   * nothing is written.
   * @throws SprueError `RESOURCE_NOT_FOUND`, or as {@link claimsOf} says
   */
  async modify<K extends Kind>(
    kind: K,
    guid: Guid,
    change: (record: Records[K]) => Records[K],
  ): Promise<Records[K]> {
    const before = this.get(kind, guid);
    const claims = newClaims(change(before), before);
    await this.#claim(claims, before);
    try {
      const after = await this.#bucket.modify(`${kind}.${guid}`, value => {
        const record = recordOf(value) as Records[K] | undefined;
        if (record === undefined) throw notFound(kind);
        const changed = change(record);
        return isDeepStrictEqual(changed, record)
          ? record
          : { ...changed, updatedMs: this.#options.clock.now() };
      });
      const stored = after as Records[K];
      await this.#release(newClaims(before, stored), stored);
      return stored;
    } catch (thrown) {
      await this.#release(claims, before);
      throw thrown;
    }
  }

  /** Absent is success. */
  async delete(record: AnyRecord): Promise<void> {
    await this.#bucket.delete(keyOf(record));
    await this.#release(claimsOf(record), record);
  }

  /** Frees what deleted records leave behind on the server. */
  sweepDeleted(): Promise<void> {
    return this.#bucket.sweep();
  }

  async #claim(claims: readonly Claim[], owner: AnyRecord): Promise<void> {
    const done: Claim[] = [];
    try {
      for (const claim of claims) {
        await this.#claimOne(claim, owner);
        done.push(claim);
      }
    } catch (thrown) {
      await this.#release(done, owner);
      throw thrown;
    }
  }

  async #claimOne(claim: Claim, { kind, guid }: AnyRecord): Promise<void> {
    const claimedMs = this.#options.clock.now();
    const entry: ClaimEntry = { kind: 'claim', text: claim.text, owner: { kind, guid }, claimedMs };
    await this.#bucket.modify(claimKey(claim.text), existing => {
      if (existing === undefined) return entry;
      if (existing.kind === 'claim' && existing.owner.guid === guid) return existing;
      if (existing.kind === 'claim' && this.#isStale(existing, claimedMs)) return entry;
      throw claimTaken(claim);
    });
  }

  #isStale(entry: ClaimEntry, nowMs: number): boolean {
    return !this.#isHeld(entry) && nowMs - entry.claimedMs > CLAIM_GRACE_MS;
  }

  #isHeld(entry: ClaimEntry): boolean {
    const owner = this.#index.get(entry.owner.kind, entry.owner.guid);
    return owner !== undefined && claimsOf(owner).some(claim => claim.text === entry.text);
  }

  async #release(claims: readonly Claim[], owner: AnyRecord): Promise<void> {
    for (const { text } of claims) {
      const entry = this.#bucket.get(claimKey(text));
      if (entry?.kind !== 'claim' || entry.owner.guid !== owner.guid) continue;
      await this.#bucket.delete(claimKey(text));
    }
  }

  /** After a crash: claims without owner, and records whose owner is gone. */
  async #sweep(): Promise<void> {
    for (const kind of KINDS) {
      for (const record of this.all(kind)) {
        const owner = ownerOf(record);
        if (owner === undefined || this.find(owner.kind, owner.guid) !== undefined) continue;
        this.#options.log.info({ kind, guid: record.guid }, 'removing a record without owner');
        await this.delete(record);
      }
    }
    for (const [key, value] of [...this.#bucket.entries()]) {
      if (value.kind === 'claim' && !this.#isHeld(value)) await this.#bucket.delete(key);
    }
  }
}

function recordOf(value: StoredValue | undefined): AnyRecord | undefined {
  return value === undefined || value.kind === 'claim' ? undefined : value;
}

function keyOf(record: AnyRecord): string {
  return `${record.kind}.${record.guid}`;
}

function newClaims(after: AnyRecord, before: AnyRecord): readonly Claim[] {
  const had = new Set(claimsOf(before).map(claim => claim.text));
  return claimsOf(after).filter(claim => !had.has(claim.text));
}

function notFound(kind: Kind): SprueError {
  return new SprueError('RESOURCE_NOT_FOUND', { kind: KIND_NAMES[kind] });
}
