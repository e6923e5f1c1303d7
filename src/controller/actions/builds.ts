import { SprueError } from '../../core/errors.ts';
import { newGuid } from '../../core/ids.ts';
import { stagingKey } from '../../proto/buckets.ts';
import type { StagingResult, StagingTask } from '../../proto/staging.ts';
import type { BuildCreate } from '../../proto/v3/build.ts';
import { DEFAULTS } from '../domain/limits.ts';
import {
  type AppRecord,
  type BuildRecord,
  type DropletRecord,
  newFrame,
  type PackageRecord,
} from '../domain/records.ts';
import { vcapApplication } from '../domain/vcap-application.ts';
import { chooseDea } from '../placement/choose-dea.ts';
import { type Actor, type Services, SYSTEM } from '../services.ts';
import { trimHistory } from './delete-tree.ts';

/** What a DEA gets beyond the staging timeout before the controller gives up in its place. */
const SLACK_MS = 60_000;

/** @throws SprueError `PACKAGE_NOT_READY`, `DEA_MISSING` */
export async function createBuild(
  services: Services,
  actor: Actor,
  source: PackageRecord,
  wanted: Omit<BuildCreate, 'package'>,
): Promise<BuildRecord> {
  const { store, clock, fleet, audit, appLog } = services;
  if (source.state !== 'READY') throw new SprueError('PACKAGE_NOT_READY');
  const app = store.get('app', source.appGuid);
  const memoryMib = wanted.staging_memory_in_mb ?? DEFAULTS.stagingMemoryMib;
  const { deaId, limitMib } = chooseStager(services, memoryMib);
  const build = await store.create<BuildRecord>({
    kind: 'build',
    ...newFrame(newGuid(), clock.now()),
    appGuid: app.guid,
    packageGuid: source.guid,
    dropletGuid: newGuid(),
    deaId,
    buildpacks: wanted.lifecycle?.data?.buildpacks ?? app.buildpacks,
    memoryMib: limitMib,
    diskMib: wanted.staging_disk_in_mb ?? DEFAULTS.stagingDiskMib,
    timeoutSec: DEFAULTS.stagingTimeoutSec,
    state: 'STAGING',
  });
  await fleet.desired.put(stagingKey(deaId, build.guid), stagingTask(services, app, build));
  appLog.write(app.guid, `Creating build for app with guid ${app.guid}`);
  audit.about(app, 'audit.app.build.create', actor, {
    build_guid: build.guid,
    package_guid: source.guid,
  });
  return build;
}

/**
 * Staging is short: it may use memory that instances have been promised but do not use, so only the
 * host's size limits it.
 */
function chooseStager(
  { fleet }: Services,
  memoryMib: number,
): { readonly deaId: string; readonly limitMib: number } {
  const hosts = fleet.deas.live();
  if (hosts.length === 0) throw new SprueError('DEA_MISSING');
  const largestMib = Math.max(...hosts.map(host => host.memoryMib));
  const limitMib = Math.min(memoryMib, largestMib);
  const candidates = hosts
    .filter(host => host.memoryMib >= limitMib)
    .map(({ id, memoryMib: sizeMib }) => {
      const reservedMib = Math.min(fleet.reservedOn(id).memoryMib, sizeMib - limitMib);
      return { id, memoryMib: sizeMib, reservedMib, siblings: 0 };
    });
  const placement = chooseDea(limitMib, candidates);
  if (!placement.placed) throw new SprueError('DEA_MISSING');
  return { deaId: placement.deaId, limitMib };
}

function stagingTask(services: Services, app: AppRecord, build: BuildRecord): StagingTask {
  const { store, config } = services;
  const space = store.get('space', app.spaceGuid);
  const processes = store.ownedBy('process', app.guid);
  const web = processes.find(process => process.type === 'web');
  return {
    buildGuid: build.guid,
    deaId: build.deaId,
    appGuid: app.guid,
    appName: app.name,
    packageGuid: build.packageGuid,
    dropletGuid: build.dropletGuid,
    buildpacks: [...build.buildpacks],
    startCommandKnown: processes.some(process => process.settings.command !== null),
    env: { VCAP_SERVICES: '{}', ...app.env },
    vcapApplication: web
      ? {
          ...vcapApplication({
            app,
            process: web,
            space,
            organization: store.get('organization', space.organizationGuid),
            uris: store.routesOf(app.guid).map(route => route.url),
            versionGuid: build.guid,
            apiUrl: config.apiUrl,
          }),
        }
      : {},
    memoryMib: build.memoryMib,
    diskMib: build.diskMib,
    timeoutSec: build.timeoutSec,
  };
}

/**
 * Takes over what a DEA reports about a build. Safe to repeat: the droplet is stored before the
 * build is closed, the task is withdrawn last.
 */
export async function takeStagingResult(services: Services, result: StagingResult): Promise<void> {
  if (result.state === 'STAGING') return;
  await services.exclusive(result.buildGuid, () => closeBuild(services, result));
}

async function closeBuild(
  services: Services,
  result: Exclude<StagingResult, { state: 'STAGING' }>,
): Promise<void> {
  const { store, fleet } = services;
  const build = store.find('build', result.buildGuid);
  if (build?.state === 'STAGING') {
    if (result.state === 'STAGED') await closeStaged(services, build, result);
    else await closeFailed(services, build, result.error);
  }
  await fleet.desired.delete(stagingKey(result.deaId, result.buildGuid));
}

async function closeStaged(
  services: Services,
  build: BuildRecord,
  result: Extract<StagingResult, { state: 'STAGED' }>,
): Promise<void> {
  const { store, clock, audit, appLog } = services;
  if (store.find('droplet', build.dropletGuid) === undefined) {
    await store.create<DropletRecord>({
      kind: 'droplet',
      ...newFrame(build.dropletGuid, clock.now()),
      appGuid: build.appGuid,
      sizeBytes: result.dropletSizeBytes,
      digest: result.dropletDigest,
      processTypes: result.processTypes,
      buildpacks: result.buildpacks,
    });
  }
  await store.modify('build', build.guid, before => ({ ...before, state: 'STAGED' }));
  const app = store.find('app', build.appGuid);
  if (app === undefined) return;
  appLog.write(app.guid, `Build ${build.guid} made droplet ${build.dropletGuid}`);
  audit.about(app, 'audit.app.build.staged', SYSTEM, { build_guid: build.guid });
  audit.about(app, 'audit.app.droplet.create', SYSTEM, { droplet_guid: build.dropletGuid });
  await trimHistory(services, app);
}

async function closeFailed(services: Services, build: BuildRecord, error: string): Promise<void> {
  const { store, audit, appLog } = services;
  await store.modify('build', build.guid, before => ({ ...before, state: 'FAILED', error }));
  const app = store.find('app', build.appGuid);
  if (app === undefined) return;
  appLog.write(app.guid, `Build ${build.guid} failed: ${error}`);
  audit.about(app, 'audit.app.build.failed', SYSTEM, { build_guid: build.guid, error });
}

/** Builds that nobody will report on any more: their DEA is gone, or their time is long up. */
export async function expireBuilds(services: Services): Promise<void> {
  const { store, fleet, clock } = services;
  for (const build of store.all('build')) {
    if (build.state !== 'STAGING') continue;
    const overdueMs = clock.now() - build.createdMs - build.timeoutSec * 1000 - SLACK_MS;
    const isSilent = fleet.deas.isSilent(build.deaId);
    if (overdueMs < 0 && !isSilent) continue;
    const error = isSilent
      ? `StagingError - the host ${build.deaId} does not answer any more`
      : `StagingTimeExpired - staging took longer than ${build.timeoutSec} s`;
    await closeFailed(services, build, error);
    await fleet.desired.delete(stagingKey(build.deaId, build.guid));
  }
}

/** What a crash or an outage left: tasks that were not written, results that nobody took, left-overs. */
export async function resumeBuilds(services: Services): Promise<void> {
  const { store, fleet } = services;
  for (const build of store.all('build')) {
    const key = stagingKey(build.deaId, build.guid);
    if (build.state !== 'STAGING' || fleet.desired.get(key) !== undefined) continue;
    const app = store.find('app', build.appGuid);
    if (app === undefined) await store.delete(build);
    else await fleet.desired.put(key, stagingTask(services, app, build));
  }
  for (const [, value] of [...fleet.actual.entries()]) {
    if (!('processGuid' in value)) await takeStagingResult(services, value);
  }
  for (const [key, task] of [...fleet.desired.entries()]) {
    if ('processGuid' in task) continue;
    if (store.find('build', task.buildGuid)?.state !== 'STAGING') await fleet.desired.delete(key);
  }
}
