import type { Guid } from '../../core/ids.ts';
import {
  type AnyRecord,
  KINDS,
  type Kind,
  ownerOf,
  type Records,
  type RouteRecord,
} from '../domain/records.ts';

/** Records by kind, by owner and by mapped app, kept up to date one change at a time. */
export class RecordIndex {
  readonly #byKind = new Map<Kind, Map<Guid, AnyRecord>>(KINDS.map(kind => [kind, new Map()]));
  readonly #byOwner = new Map<string, Set<Guid>>();
  readonly #routesByApp = new Map<Guid, Set<Guid>>();

  change(after: AnyRecord | undefined, before: AnyRecord | undefined): void {
    if (before !== undefined) this.#remove(before);
    if (after !== undefined) this.#add(after);
  }

  get<K extends Kind>(kind: K, guid: string): Records[K] | undefined {
    return this.#ofKind(kind).get(guid as Guid) as Records[K] | undefined;
  }

  all<K extends Kind>(kind: K): Records[K][] {
    return [...this.#ofKind(kind).values()] as Records[K][];
  }

  count(kind: Kind): number {
    return this.#ofKind(kind).size;
  }

  /** Records of a kind that belong to an owner, oldest first. */
  ownedBy<K extends Kind>(kind: K, owner: Guid): Records[K][] {
    const guids = this.#byOwner.get(`${kind}:${owner}`) ?? [];
    const records: Records[K][] = [];
    for (const guid of guids) {
      const record = this.get(kind, guid);
      if (record !== undefined) records.push(record);
    }
    return records.sort((a, b) => a.createdMs - b.createdMs);
  }

  routesOf(appGuid: Guid): RouteRecord[] {
    const records: RouteRecord[] = [];
    for (const guid of this.#routesByApp.get(appGuid) ?? []) {
      const record = this.get('route', guid);
      if (record !== undefined) records.push(record);
    }
    return records.sort((a, b) => a.createdMs - b.createdMs);
  }

  #ofKind(kind: Kind): Map<Guid, AnyRecord> {
    return this.#byKind.get(kind) ?? new Map();
  }

  #add(record: AnyRecord): void {
    this.#ofKind(record.kind).set(record.guid, record);
    const owner = ownerOf(record);
    if (owner !== undefined) add(this.#byOwner, `${record.kind}:${owner.guid}`, record.guid);
    if (record.kind !== 'route') return;
    for (const { appGuid } of record.destinations) add(this.#routesByApp, appGuid, record.guid);
  }

  #remove(record: AnyRecord): void {
    this.#ofKind(record.kind).delete(record.guid);
    const owner = ownerOf(record);
    if (owner !== undefined) remove(this.#byOwner, `${record.kind}:${owner.guid}`, record.guid);
    if (record.kind !== 'route') return;
    for (const { appGuid } of record.destinations) remove(this.#routesByApp, appGuid, record.guid);
  }
}

function add<K>(index: Map<K, Set<Guid>>, key: K, guid: Guid): void {
  const set = index.get(key);
  if (set === undefined) index.set(key, new Set([guid]));
  else set.add(guid);
}

function remove<K>(index: Map<K, Set<Guid>>, key: K, guid: Guid): void {
  const set = index.get(key);
  set?.delete(guid);
  if (set?.size === 0) index.delete(key);
}
