import { SprueError } from '../../core/errors.ts';
import { newGuid } from '../../core/ids.ts';
import type { DestinationsInput } from '../../proto/v3/route.ts';
import {
  type AppRecord,
  type DestinationRecord,
  type DomainRecord,
  newFrame,
  type RouteRecord,
  type SpaceRecord,
} from '../domain/records.ts';
import { checkRouteAddress, type RouteAddress, routeUrl } from '../domain/route-address.ts';
import type { Actor, Services } from '../services.ts';
import { deleteTree } from './delete-tree.ts';

export interface NewRoute extends RouteAddress {
  readonly domain: DomainRecord;
  readonly space: SpaceRecord;
  readonly options?: Readonly<Record<string, string>>;
}

/** @throws SprueError `ROUTE_INVALID`, `ROUTE_RESERVED`, `ROUTE_EXISTS` */
export async function createRoute(
  services: Services,
  actor: Actor,
  { host, path, domain, space, options = {} }: NewRoute,
): Promise<RouteRecord> {
  const { store, clock, config, audit } = services;
  const address = checkRouteAddress(host, path, domain.name);
  const url = routeUrl(address, domain.name);
  checkNotReserved(config, url);
  const taken = findRoute(services, url);
  if (taken !== undefined) {
    throw new SprueError('ROUTE_EXISTS', { url, space: store.get('space', taken.spaceGuid).name });
  }
  const route = await store.create<RouteRecord>({
    kind: 'route',
    ...newFrame(newGuid(), clock.now()),
    spaceGuid: space.guid,
    domainGuid: domain.guid,
    ...address,
    url,
    destinations: [],
    options,
  });
  audit.about(route, 'audit.route.create', actor, { request: { url } });
  return route;
}

/** The API's own name is nobody's. @throws SprueError `ROUTE_RESERVED` */
export function checkNotReserved({ apiHost }: Services['config'], url: string): void {
  if (url !== apiHost && !url.startsWith(`${apiHost}/`)) return;
  throw new SprueError('ROUTE_RESERVED', { url });
}

export function findRoute({ store }: Services, url: string): RouteRecord | undefined {
  const wanted = url.toLowerCase();
  return store.all('route').find(route => route.url.toLowerCase() === wanted);
}

export interface NewDestination {
  readonly app: AppRecord;
  readonly processType: string;
  readonly port: number | null;
  readonly protocol: 'http1' | 'http2';
}

/** Destinations of a request body. @throws SprueError `BODY_INVALID`, `ROUTE_OTHER_SPACE` */
export function destinationsFor(
  { store }: Services,
  route: RouteRecord,
  { destinations }: DestinationsInput,
): NewDestination[] {
  return destinations.map(({ app: { guid, process }, port, protocol }) => {
    const app = store.find('app', guid);
    if (app === undefined) {
      throw new SprueError('BODY_INVALID', {
        reason: `App(s) with guid(s) "${guid}" do not exist.`,
      });
    }
    checkSameSpace(store.get('space', route.spaceGuid), route, app);
    return {
      app,
      processType: process?.type ?? 'web',
      port: port ?? null,
      protocol: protocol ?? 'http1',
    };
  });
}

/** @throws SprueError `ROUTE_OTHER_SPACE` */
export function checkSameSpace(space: SpaceRecord, route: RouteRecord, app: AppRecord): void {
  if (route.spaceGuid === app.spaceGuid) return;
  throw new SprueError('ROUTE_OTHER_SPACE', { url: route.url, space: space.name });
}

/** Adds destinations; one that is there already is brought up to date. */
export function mapRoute(
  services: Services,
  actor: Actor,
  route: RouteRecord,
  added: readonly NewDestination[],
): Promise<RouteRecord> {
  return changeDestinations(services, actor, route, before => {
    const kept = before.filter(to => !added.some(one => isSame(to, one)));
    return [...kept, ...added.map(one => destination(before, one))];
  });
}

/** Replaces all destinations. */
export function replaceDestinations(
  services: Services,
  actor: Actor,
  route: RouteRecord,
  wanted: readonly NewDestination[],
): Promise<RouteRecord> {
  return changeDestinations(services, actor, route, before =>
    wanted.map(one => destination(before, one)),
  );
}

/** Removes destinations that `unwanted` accepts. */
export function unmapRoute(
  services: Services,
  actor: Actor,
  route: RouteRecord,
  unwanted: (destination: DestinationRecord) => boolean,
): Promise<RouteRecord> {
  return changeDestinations(services, actor, route, before => before.filter(to => !unwanted(to)));
}

export async function deleteRoute(
  services: Services,
  actor: Actor,
  route: RouteRecord,
): Promise<void> {
  services.audit.about(route, 'audit.route.delete-request', actor);
  await deleteTree(services, route);
}

async function changeDestinations(
  services: Services,
  actor: Actor,
  { guid }: RouteRecord,
  change: (before: readonly DestinationRecord[]) => DestinationRecord[],
): Promise<RouteRecord> {
  let before: readonly DestinationRecord[] = [];
  const route = await services.store.modify('route', guid, record => {
    before = record.destinations;
    const destinations = change(before);
    return sameDestinations(before, destinations) ? record : { ...record, destinations };
  });
  tell(services, actor, route, 'audit.app.map-route', gained(route.destinations, before));
  tell(services, actor, route, 'audit.app.unmap-route', gained(before, route.destinations));
  return route;
}

function tell(
  services: Services,
  actor: Actor,
  route: RouteRecord,
  type: 'audit.app.map-route' | 'audit.app.unmap-route',
  destinations: readonly DestinationRecord[],
): void {
  for (const { appGuid, processType } of destinations) {
    services.reconcile(appGuid);
    const app = services.store.find('app', appGuid);
    if (app === undefined) continue;
    const data = { route_guid: route.guid, route: route.url, process_type: processType };
    services.audit.about(app, type, actor, data);
  }
}

/** Those of `after` that are not in `before`. */
function gained(
  after: readonly DestinationRecord[],
  before: readonly DestinationRecord[],
): DestinationRecord[] {
  return after.filter(to => !before.some(one => one.guid === to.guid));
}

function sameDestinations(
  left: readonly DestinationRecord[],
  right: readonly DestinationRecord[],
): boolean {
  return left.length === right.length && JSON.stringify(left) === JSON.stringify(right);
}

function isSame(to: DestinationRecord, wanted: NewDestination): boolean {
  return (
    to.appGuid === wanted.app.guid &&
    to.processType === wanted.processType &&
    to.port === wanted.port
  );
}

function destination(
  before: readonly DestinationRecord[],
  wanted: NewDestination,
): DestinationRecord {
  const { app, processType, port, protocol } = wanted;
  const guid = before.find(to => isSame(to, wanted))?.guid ?? newGuid();
  return { guid, appGuid: app.guid, processType, port, protocol };
}
