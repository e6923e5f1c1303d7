import { SprueError } from '../../core/errors.ts';
import { newGuid } from '../../core/ids.ts';
import {
  checkFitsSomeHost,
  DEFAULTS,
  defaultInstances,
  defaultSettings,
} from '../domain/limits.ts';
import { freezeVersion, missingProcessTypes } from '../domain/process-version.ts';
import {
  type AppRecord,
  type DropletRecord,
  newFrame,
  type ProcessRecord,
  type ProcessVersion,
  type Release,
} from '../domain/records.ts';
import type { Services } from '../services.ts';

/** The droplet that the app would start with. @throws SprueError `DROPLET_MISSING` */
export function currentDroplet({ store }: Services, app: AppRecord): DropletRecord {
  const droplet = app.currentDropletGuid && store.find('droplet', app.currentDropletGuid);
  if (!droplet) throw new SprueError('DROPLET_MISSING');
  return droplet;
}

/** @throws SprueError `DROPLET_FOREIGN` unless the droplet is one of the app's. */
export function dropletOfApp({ store }: Services, app: AppRecord, guid: string): DropletRecord {
  const droplet = store.find('droplet', guid);
  if (droplet?.appGuid !== app.guid) throw new SprueError('DROPLET_FOREIGN');
  return droplet;
}

/**
 * Freezes what the app's processes would run now. Processes without instances and without command
 * are left out.
 * @throws SprueError `PROCESS_WITHOUT_COMMAND`, `MEMORY_BEYOND_HOST`
 */
export function freezeRelease(services: Services, app: AppRecord, droplet: DropletRecord): Release {
  const { store, config, fleet } = services;
  const space = store.get('space', app.spaceGuid);
  const organization = store.get('organization', space.organizationGuid);
  const routes = store.routesOf(app.guid);
  const versions: Record<string, ProcessVersion> = {};
  for (const process of store.ownedBy('process', app.guid)) {
    const hasCommand =
      (process.settings.command ?? droplet.processTypes[process.type]) !== undefined;
    if (process.instances === 0 && !hasCommand) continue;
    checkFitsSomeHost(process.settings.memoryMib, fleet.deas.live());
    versions[process.guid] = freezeVersion({
      app,
      process,
      droplet,
      routes,
      space,
      organization,
      versionGuid: newGuid(),
      apiUrl: config.apiUrl,
    });
  }
  return { dropletGuid: droplet.guid, versions };
}

/** Creates the processes that a droplet names and the app does not have yet. */
export async function createMissingProcesses(
  services: Services,
  app: AppRecord,
  droplet: DropletRecord,
): Promise<void> {
  const existing = services.store.ownedBy('process', app.guid);
  for (const type of missingProcessTypes(droplet, existing)) {
    await createProcess(services, app, type);
  }
}

export function createProcess(
  { store, clock }: Services,
  app: AppRecord,
  type: string,
): Promise<ProcessRecord> {
  return store.create<ProcessRecord>({
    kind: 'process',
    ...newFrame(newGuid(), clock.now()),
    appGuid: app.guid,
    type,
    instances: defaultInstances(type),
    logRateLimit: DEFAULTS.unlimitedLogRate,
    settings: defaultSettings(type),
  });
}

/** Writes frozen versions to their processes. */
export async function applyVersions({ store }: Services, release: Release): Promise<void> {
  for (const process of Object.keys(release.versions) as (keyof typeof release.versions)[]) {
    const version = release.versions[process];
    if (version === undefined) continue;
    await store.modify('process', process, before => ({ ...before, version }));
  }
}
