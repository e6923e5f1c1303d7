import type { Guid } from '../../core/ids.ts';
import type { ActualInstance } from '../../proto/actual-instance.ts';
import { instanceKey } from '../../proto/buckets.ts';
import type { DesiredInstance, PlacementReason } from '../../proto/desired-instance.ts';
import { effectiveHealthCheck, urisOf } from '../domain/process-version.ts';
import type { AppRecord, ProcessRecord, ProcessVersion } from '../domain/records.ts';
import { chooseDea, type Host } from '../placement/choose-dea.ts';
import {
  type AppModel,
  type AppWorld,
  actualByKey,
  isReady,
  wantedInstances,
} from './app-model.ts';

/** What to write so that the world becomes what the model wants. */
export interface AppPlan {
  readonly create: readonly DesiredInstance[];
  /** Routes changed; everything else is as it was. */
  readonly update: readonly DesiredInstance[];
  readonly delete: readonly DesiredInstance[];
  readonly unplaced: readonly Unplaced[];
}

/** An instance that no host can take, and why. */
export interface Unplaced {
  readonly processGuid: Guid;
  readonly index: number;
  readonly reason: string;
}

/**
 * Compares what an app should be with what was asked of the DEAs. Calling it again after the plan
 * was carried out, with nothing else changed, gives an empty plan.
 *
 * During a deployment the instance of the new version is put beside the old one of the same index,
 * and the old one goes when the new one is ready; otherwise both happen at once.
 */
export function diffApp(model: AppModel, world: AppWorld, newGuid: () => Guid): AppPlan {
  const known = new Set<Guid>(model.processes.map(process => process.guid));
  const planner = new Planner(model, world, newGuid);
  for (const wish of world.desired) if (!known.has(wish.processGuid)) planner.delete.push(wish);
  for (const process of model.processes) planner.planProcess(process);
  return planner;
}

class Planner implements AppPlan {
  readonly create: DesiredInstance[] = [];
  readonly update: DesiredInstance[] = [];
  readonly delete: DesiredInstance[] = [];
  readonly unplaced: Unplaced[] = [];
  readonly #model: AppModel;
  readonly #world: AppWorld;
  readonly #newGuid: () => Guid;
  readonly #actual: ReadonlyMap<string, ActualInstance>;

  constructor(model: AppModel, world: AppWorld, newGuid: () => Guid) {
    this.#model = model;
    this.#world = world;
    this.#newGuid = newGuid;
    this.#actual = actualByKey(world.actual);
  }

  planProcess(process: ProcessRecord): void {
    const { app } = this.#model;
    const wishes = this.#world.desired.filter(wish => wish.processGuid === process.guid);
    const wanted = wantedInstances(app, process);
    this.delete.push(...wishes.filter(wish => wish.index >= wanted));
    const { version } = process;
    if (wanted === 0 || version === undefined) return;
    let inFlight = this.#countInFlight(wishes, version, wanted);
    for (let index = 0; index < wanted; index++) {
      const here = wishes.filter(wish => wish.index === index);
      const current = here.filter(wish => wish.version === version.guid);
      const old = here.filter(wish => wish.version !== version.guid);
      const keeper = this.#keepOne(current);
      if (keeper !== undefined) {
        this.#keep(process, version, keeper);
        this.#retire(process, keeper, old);
        continue;
      }
      const replacing = old.some(wish => isReady(this.#actualOf(wish)));
      if (this.#isRolling() && replacing && inFlight >= this.#maxInFlight()) {
        for (const wish of old) this.#refreshRoutes(process, wish);
        continue;
      }
      const placed = this.#place(process, version, index, old);
      if (placed && replacing) inFlight++;
    }
  }

  /** New ones that are not ready yet and stand beside an old one. */
  #countInFlight(
    wishes: readonly DesiredInstance[],
    version: ProcessVersion,
    wanted: number,
  ): number {
    return wishes.filter(
      wish =>
        wish.index < wanted &&
        wish.version === version.guid &&
        !isReady(this.#actualOf(wish)) &&
        wishes.some(other => other.index === wish.index && other.version !== version.guid),
    ).length;
  }

  /** Two wishes for one index can be left by a crash: the better one stays. */
  #keepOne(current: readonly DesiredInstance[]): DesiredInstance | undefined {
    const keeper = current.find(wish => isReady(this.#actualOf(wish))) ?? current[0];
    this.delete.push(...current.filter(wish => wish !== keeper));
    return keeper;
  }

  #keep(process: ProcessRecord, version: ProcessVersion, wish: DesiredInstance): void {
    if (this.#world.isGone(wish.deaId)) {
      const elsewhere = this.#hosts(process).filter(host => host.id !== wish.deaId);
      if (chooseDea(wish.memoryMib, elsewhere).placed) {
        this.#place(process, version, wish.index, []);
        this.delete.push(wish);
        return;
      }
      const reason = `its host ${wish.deaId} does not answer, and no other has room`;
      this.unplaced.push({ processGuid: process.guid, index: wish.index, reason });
    }
    this.#refreshRoutes(process, wish);
  }

  /** Removes what a newer instance replaces: at once, or in a deployment when it serves no more. */
  #retire(process: ProcessRecord, keeper: DesiredInstance, old: readonly DesiredInstance[]): void {
    const ready = isReady(this.#actualOf(keeper));
    for (const wish of old) {
      const crashed = this.#actualOf(wish)?.state === 'CRASHED';
      if (!this.#isRolling() || ready || crashed) this.delete.push(wish);
      else this.#refreshRoutes(process, wish);
    }
  }

  #refreshRoutes(process: ProcessRecord, wish: DesiredInstance): void {
    const uris = urisOf(process, wish.appPort, this.#model.routes);
    if (!sameList(uris, wish.uris)) this.update.push({ ...wish, uris });
  }

  #place(
    process: ProcessRecord,
    version: ProcessVersion,
    index: number,
    old: readonly DesiredInstance[],
  ): boolean {
    if (!this.#isRolling()) this.delete.push(...old);
    const placement = chooseDea(version.settings.memoryMib, this.#hosts(process));
    if (!placement.placed) {
      this.unplaced.push({ processGuid: process.guid, index, reason: placement.because });
      return false;
    }
    const uris = urisOf(process, version.appPort, this.#model.routes);
    const guid = this.#newGuid();
    const { app } = this.#model;
    this.create.push(desiredInstance({ app, process, version, index, guid, uris, placement }));
    return true;
  }

  /** The hosts, with what this plan has already taken from and given back to them. */
  #hosts(process: ProcessRecord): Host[] {
    return this.#world.hosts.map(host => {
      const isHere = (wish: DesiredInstance) => wish.deaId === host.id;
      const added = this.create.filter(isHere);
      const removed = this.delete.filter(isHere);
      const siblings = [...this.#world.desired.filter(isHere), ...added].filter(
        wish => wish.processGuid === process.guid && !removed.includes(wish),
      );
      const reservedMib = host.reservedMib + sumMib(added) - sumMib(removed);
      return { ...host, reservedMib, siblings: siblings.length };
    });
  }

  #isRolling(): boolean {
    return this.#model.deployment !== undefined;
  }

  #maxInFlight(): number {
    return this.#model.deployment?.maxInFlight ?? Number.POSITIVE_INFINITY;
  }

  #actualOf(wish: DesiredInstance): ActualInstance | undefined {
    return this.#actual.get(instanceKey(wish.deaId, wish.guid));
  }
}

function sumMib(wishes: readonly DesiredInstance[]): number {
  return wishes.reduce((sum, wish) => sum + wish.memoryMib, 0);
}

function sameList(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((item, position) => item === right[position]);
}

function desiredInstance(from: {
  readonly app: AppRecord;
  readonly process: ProcessRecord;
  readonly version: ProcessVersion;
  readonly index: number;
  readonly guid: Guid;
  readonly uris: string[];
  readonly placement: PlacementReason & { readonly deaId: string };
}): DesiredInstance {
  const { app, process, version, index, guid, uris } = from;
  const { deaId, because, hosts } = from.placement;
  return {
    guid,
    deaId,
    appGuid: app.guid,
    appName: app.name,
    processGuid: process.guid,
    processType: process.type,
    index,
    version: version.guid,
    dropletGuid: version.dropletGuid,
    startCommand: version.startCommand,
    env: { ...version.env },
    vcapApplication: { ...version.vcapApplication },
    memoryMib: version.settings.memoryMib,
    diskMib: version.settings.diskMib,
    healthCheck: effectiveHealthCheck(version.settings),
    uris,
    appPort: version.appPort,
    placement: { because, hosts: [...hosts] },
  };
}
