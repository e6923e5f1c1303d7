import { stagingKey } from '../../proto/buckets.ts';
import type { AnyRecord, AppRecord } from '../domain/records.ts';
import { isActive } from '../reconcile/load-app.ts';
import type { Services } from '../services.ts';

const APP_CHILDREN = ['process', 'deployment', 'build', 'package', 'droplet'] as const;

/**
 * Removes a record and all that dies with it. The record itself goes first, so that a crash leaves
 * orphans, which the next start removes, and never half of something that still looks whole.
 */
export async function deleteTree(services: Services, record: AnyRecord): Promise<void> {
  const { store } = services;
  await store.delete(record);
  switch (record.kind) {
    case 'organization':
      for (const kind of ['space', 'domain'] as const) {
        for (const child of store.ownedBy(kind, record.guid)) await deleteTree(services, child);
      }
      return;
    case 'space':
      for (const kind of ['app', 'route'] as const) {
        for (const child of store.ownedBy(kind, record.guid)) await deleteTree(services, child);
      }
      return;
    case 'domain':
      for (const route of store.all('route')) {
        if (route.domainGuid === record.guid) await deleteTree(services, route);
      }
      return;
    case 'route':
      for (const { appGuid } of record.destinations) services.reconcile(appGuid);
      return;
    case 'app':
      return deleteAppParts(services, record);
    default:
      return deleteBlob(services, record);
  }
}

async function deleteAppParts(services: Services, app: AppRecord): Promise<void> {
  const { store } = services;
  for (const route of store.routesOf(app.guid)) {
    await store.modify('route', route.guid, before => ({
      ...before,
      destinations: before.destinations.filter(to => to.appGuid !== app.guid),
    }));
  }
  for (const kind of APP_CHILDREN) {
    for (const child of store.ownedBy(kind, app.guid)) await deleteTree(services, child);
  }
  services.reconcile(app.guid);
}

async function deleteBlob(services: Services, record: AnyRecord): Promise<void> {
  if (record.kind === 'package') await services.packages.delete(record.guid);
  if (record.kind === 'droplet') await services.droplets.delete(record.guid);
  if (record.kind === 'build' && record.state === 'STAGING') {
    await services.fleet.desired.delete(stagingKey(record.deaId, record.guid));
  }
}

/** How many finished records of each kind an app keeps. */
const KEPT = [
  ['package', 3],
  ['droplet', 5],
  ['build', 10],
  ['deployment', 10],
] as const;

/** Forgets what is old, so that packages and droplets do not fill the disk. */
export async function trimHistory(services: Services, app: AppRecord): Promise<void> {
  const { store } = services;
  const inUse = guidsInUse(services, app);
  for (const [kind, kept] of KEPT) {
    const old = store.ownedBy(kind, app.guid).slice(0, -kept);
    for (const record of old) if (!inUse.has(record.guid)) await deleteTree(services, record);
  }
}

/** Droplets that something runs or may go back to, and builds and deployments under way. */
function guidsInUse({ store, fleet }: Services, app: AppRecord): ReadonlySet<string | undefined> {
  const used = new Set<string | undefined>([app.currentDropletGuid]);
  for (const wish of fleet.desiredOf(app.guid)) used.add(wish.dropletGuid);
  for (const process of store.ownedBy('process', app.guid)) used.add(process.version?.dropletGuid);
  for (const deployment of store.ownedBy('deployment', app.guid)) {
    if (!isActive(deployment)) continue;
    for (const guid of [deployment.guid, deployment.previous.dropletGuid]) used.add(guid);
  }
  for (const build of store.ownedBy('build', app.guid)) {
    if (build.state !== 'STAGING') continue;
    for (const guid of [build.guid, build.packageGuid, build.dropletGuid]) used.add(guid);
  }
  for (const one of store.ownedBy('package', app.guid)) {
    if (one.state === 'AWAITING_UPLOAD' || one.state === 'PROCESSING_UPLOAD') used.add(one.guid);
  }
  return used;
}
