import type { Bus } from '../../bus/bus.ts';
import { KvBucket } from '../../bus/kv-bucket.ts';
import type { Clock } from '../../core/clock.ts';
import type { Guid } from '../../core/ids.ts';
import type { Log } from '../../core/log.ts';
import type { ActualInstance } from '../../proto/actual-instance.ts';
import {
  type Actual,
  type Desired,
  decodeActual,
  decodeDesired,
} from '../../proto/bucket-values.ts';
import { instanceKey, KV } from '../../proto/buckets.ts';
import type { DesiredInstance } from '../../proto/desired-instance.ts';
import type { StagingResult } from '../../proto/staging.ts';
import { CachedBucket } from './cached-bucket.ts';
import { DeaRegistry } from './dea-registry.ts';

export interface FleetViewOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Something wanted or existing changed for an app. */
  onInstance(appGuid: Guid, after: ActualInstance | undefined, before?: ActualInstance): void;
  onStaging(result: StagingResult): void;
  /** A DEA came, went or changed. */
  onDea(): void;
}

/** What should run and what runs, with indexes by app; and the DEAs that run it. */
export class FleetView {
  readonly desired: CachedBucket<Desired>;
  readonly actual: CachedBucket<Actual>;
  readonly deas: DeaRegistry;
  readonly #desiredByApp: ByApp<DesiredInstance>;
  readonly #actualByApp: ByApp<ActualInstance>;

  private constructor(
    desired: CachedBucket<Desired>,
    actual: CachedBucket<Actual>,
    deas: DeaRegistry,
    desiredByApp: ByApp<DesiredInstance>,
    actualByApp: ByApp<ActualInstance>,
  ) {
    this.desired = desired;
    this.actual = actual;
    this.deas = deas;
    this.#desiredByApp = desiredByApp;
    this.#actualByApp = actualByApp;
  }

  static async open(bus: Bus, options: FleetViewOptions): Promise<FleetView> {
    const { log, signal } = options;
    const desiredByApp = new ByApp<DesiredInstance>();
    const actualByApp = new ByApp<ActualInstance>();
    const desired = await CachedBucket.open(
      await KvBucket.open(bus, { name: KV.desired, decode: decodeDesired }),
      {
        log,
        signal,
        onChange(key, after, before) {
          const instance = isInstance(after) ? after : undefined;
          const previous = isInstance(before) ? before : undefined;
          desiredByApp.change(key, instance, previous);
        },
      },
    );
    const actual = await CachedBucket.open(
      await KvBucket.open(bus, { name: KV.actual, decode: decodeActual }),
      {
        log,
        signal,
        onChange(key, after, before) {
          if (after !== undefined && !isInstance(after)) return options.onStaging(after);
          const previous = isInstance(before) ? before : undefined;
          actualByApp.change(key, after, previous);
          const appGuid = (after ?? previous)?.appGuid;
          if (appGuid !== undefined) options.onInstance(appGuid, after, previous);
        },
      },
    );
    const deas = await DeaRegistry.open(bus, { ...options, onChange: options.onDea });
    return new FleetView(desired, actual, deas, desiredByApp, actualByApp);
  }

  desiredOf(appGuid: Guid): DesiredInstance[] {
    return this.#desiredByApp.of(appGuid);
  }

  actualOf(appGuid: Guid): ActualInstance[] {
    return this.#actualByApp.of(appGuid);
  }

  /** What fulfils a wish right now. */
  actualFor(wish: Pick<DesiredInstance, 'deaId' | 'guid'>): ActualInstance | undefined {
    const value = this.actual.get(instanceKey(wish.deaId, wish.guid));
    return isInstance(value) ? value : undefined;
  }

  /** Apps that something is wanted for. */
  appsWithDesired(): Guid[] {
    return this.#desiredByApp.apps();
  }

  /** Memory promised on a DEA, in MiB, and the number of instances it is promised to. */
  reservedOn(deaId: string): { readonly memoryMib: number; readonly instances: number } {
    let memoryMib = 0;
    let instances = 0;
    for (const [, value] of this.desired.entries()) {
      if (!isInstance(value) || value.deaId !== deaId) continue;
      memoryMib += value.memoryMib;
      instances++;
    }
    return { memoryMib, instances };
  }
}

/** Instances by app and key. */
class ByApp<T extends { readonly appGuid: Guid }> {
  readonly #apps = new Map<Guid, Map<string, T>>();

  change(key: string, after: T | undefined, before: T | undefined): void {
    if (before !== undefined && before.appGuid !== after?.appGuid) {
      const instances = this.#apps.get(before.appGuid);
      instances?.delete(key);
      if (instances?.size === 0) this.#apps.delete(before.appGuid);
    }
    if (after === undefined) return;
    const instances = this.#apps.get(after.appGuid);
    if (instances === undefined) this.#apps.set(after.appGuid, new Map([[key, after]]));
    else instances.set(key, after);
  }

  of(appGuid: Guid): T[] {
    return [...(this.#apps.get(appGuid)?.values() ?? [])];
  }

  apps(): Guid[] {
    return [...this.#apps.keys()];
  }
}

function isInstance<T extends object>(
  value: T | undefined,
): value is Extract<T, { readonly processGuid: Guid }> {
  return value !== undefined && 'processGuid' in value;
}
