import { setTimeout as delay } from 'node:timers/promises';
import type { KvBucket, KvChange } from '../bus/kv-bucket.ts';
import { reasonOf } from '../core/errors.ts';
import { type Guid, isGuid } from '../core/ids.ts';
import type { Log } from '../core/log.ts';
import type { Desired } from '../proto/bucket-values.ts';
import type { DesiredInstance } from '../proto/desired-instance.ts';
import type { StagingTask } from '../proto/staging.ts';

export interface DesiredHandlers {
  readonly onInstance: (guid: Guid, desired: DesiredInstance | undefined) => void;
  readonly onStaging: (buildGuid: Guid, task: StagingTask | undefined) => void;
}

/** Everything that was desired when the watch began. */
export interface DesiredSnapshot {
  readonly instances: ReadonlyMap<Guid, DesiredInstance>;
  readonly tasks: ReadonlyMap<Guid, StagingTask>;
  /** Guids of instances whose entry cannot be read. */
  readonly unreadable: ReadonlySet<Guid>;
}

const RETRY_MS = 1_000;

/** Follows what is desired of one DEA: first all that there is, then every change. */
export class DesiredWatch {
  readonly #deaId: string;
  readonly #log: Log;
  readonly #instances = new Map<Guid, DesiredInstance>();
  readonly #tasks = new Map<Guid, StagingTask>();
  readonly #unreadable = new Set<Guid>();
  #handlers: DesiredHandlers | undefined;

  constructor(deaId: string, log: Log) {
    this.#deaId = deaId;
    this.#log = log;
  }

  /** @returns when the snapshot is complete, however long NATS is away. */
  async begin(
    bucket: Pick<KvBucket<Desired>, 'watch'>,
    signal: AbortSignal,
  ): Promise<DesiredSnapshot> {
    for (;;) {
      signal.throwIfAborted();
      const attempt = new AbortController();
      try {
        const handlers = {
          onChange: (change: KvChange<Desired>) => this.#change(change),
          onInvalid: (key: string, reason: string) => this.#invalid(key, reason),
        };
        const either = AbortSignal.any([signal, attempt.signal]);
        await bucket.watch(`${this.#deaId}.>`, handlers, either);
        return { instances: this.#instances, tasks: this.#tasks, unreadable: this.#unreadable };
      } catch (thrown) {
        attempt.abort();
        this.#log.warn({ reason: reasonOf(thrown) }, 'desired state cannot be read yet');
        await delay(RETRY_MS, undefined, { signal });
      }
    }
  }

  /** Changes go to `handlers` from now on. Call it in the same turn in which the snapshot was used. */
  handOver(handlers: DesiredHandlers): void {
    this.#handlers = handlers;
  }

  #change({ key, value }: KvChange<Desired>): void {
    const place = this.#parseKey(key);
    if (place === undefined) return;
    const { kind, guid } = place;
    if (kind === 'instance') {
      const desired = value !== undefined && 'guid' in value ? value : undefined;
      if (value !== undefined && desired?.guid !== guid) return this.#invalid(key, 'wrong guid');
      this.#unreadable.delete(guid);
      setOrDelete(this.#instances, guid, desired);
      this.#handlers?.onInstance(guid, desired);
    } else {
      const task = value !== undefined && 'buildGuid' in value ? value : undefined;
      if (value !== undefined && task?.buildGuid !== guid) return this.#invalid(key, 'wrong guid');
      setOrDelete(this.#tasks, guid, task);
      this.#handlers?.onStaging(guid, task);
    }
  }

  /** It stays as it was: an entry that a newer controller wrote must not stop what runs. */
  #invalid(key: string, reason: string): void {
    this.#log.error({ key, reason }, 'entry of desired state cannot be read');
    const place = this.#parseKey(key);
    if (place?.kind === 'instance' && !this.#instances.has(place.guid)) {
      this.#unreadable.add(place.guid);
    }
  }

  #parseKey(key: string): { kind: 'instance' | 'staging'; guid: Guid } | undefined {
    const [kind, guid = ''] = key.slice(this.#deaId.length + 1).split('.');
    return (kind === 'instance' || kind === 'staging') && isGuid(guid) ? { kind, guid } : undefined;
  }
}

function setOrDelete<K, V>(map: Map<K, V>, key: K, value: V | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}
