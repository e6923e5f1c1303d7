import { newGuid } from '../../core/ids.ts';
import { checkName, checkVariable } from '../domain/names.ts';
import { type AppRecord, type Labels, newFrame, type SpaceRecord } from '../domain/records.ts';
import { isActive } from '../reconcile/load-app.ts';
import type { Actor, Services } from '../services.ts';
import { deleteTree } from './delete-tree.ts';
import {
  applyVersions,
  createMissingProcesses,
  createProcess,
  currentDroplet,
  dropletOfApp,
  freezeRelease,
} from './release.ts';

export interface NewApp {
  readonly name: string;
  readonly space: SpaceRecord;
  readonly buildpacks?: readonly string[];
  readonly env?: Labels;
}

/** An app with its `web` process, stopped. @throws SprueError `NAME_INVALID`, `APP_EXISTS` */
export async function createApp(
  services: Services,
  actor: Actor,
  { name, space, buildpacks = [], env = {} }: NewApp,
): Promise<AppRecord> {
  const { store, clock, appLog, audit } = services;
  for (const [key, value] of Object.entries(env)) checkVariable(key, value);
  const app = await store.create<AppRecord>({
    kind: 'app',
    ...newFrame(newGuid(), clock.now()),
    name: checkName(name, 'an app'),
    spaceGuid: space.guid,
    state: 'STOPPED',
    buildpacks,
    env,
  });
  await createProcess(services, app, 'web');
  appLog.write(app.guid, `Created app with guid ${app.guid}`);
  audit.about(app, 'audit.app.create', actor, { request: { name } });
  return app;
}

/** @throws SprueError `VARIABLE_RESERVED`, `NAME_INVALID` */
export function mergeEnv(before: Labels, changes: Readonly<Record<string, string | null>>): Labels {
  const merged: Record<string, string> = { ...before };
  for (const [name, value] of Object.entries(changes)) {
    checkVariable(name, value);
    if (value === null) delete merged[name];
    else merged[name] = value;
  }
  return merged;
}

/** Starts what is stopped; a started app stays as it is. @throws SprueError `DROPLET_MISSING`, … */
export async function startApp(
  services: Services,
  actor: Actor,
  app: AppRecord,
): Promise<AppRecord> {
  if (app.state === 'STARTED') return app;
  return bringUp(services, actor, app, 'start');
}

/** Stop and start in one: all instances are replaced at once, by what is current now. */
export function restartApp(services: Services, actor: Actor, app: AppRecord): Promise<AppRecord> {
  return bringUp(services, actor, app, 'restart');
}

async function bringUp(
  services: Services,
  actor: Actor,
  app: AppRecord,
  verb: 'start' | 'restart',
): Promise<AppRecord> {
  const { store, appLog, audit } = services;
  const droplet = currentDroplet(services, app);
  await createMissingProcesses(services, app, droplet);
  const release = freezeRelease(services, app, droplet);
  await supersedeDeployments(services, app);
  await applyVersions(services, release);
  const started = await store.modify('app', app.guid, before => ({ ...before, state: 'STARTED' }));
  appLog.write(
    app.guid,
    `${verb === 'start' ? 'Starting' : 'Restarted'} app with guid ${app.guid}`,
  );
  audit.about(started, `audit.app.${verb}`, actor);
  services.reconcile(app.guid);
  return started;
}

export async function stopApp(
  services: Services,
  actor: Actor,
  app: AppRecord,
): Promise<AppRecord> {
  if (app.state === 'STOPPED') return app;
  const { store, appLog, audit } = services;
  const stopped = await store.modify('app', app.guid, before => ({ ...before, state: 'STOPPED' }));
  appLog.write(app.guid, `Stopping app with guid ${app.guid}`);
  audit.about(stopped, 'audit.app.stop', actor);
  services.reconcile(app.guid);
  return stopped;
}

/** Instances, packages, droplets and processes go with it; routes stay, without it. */
export async function deleteApp(services: Services, actor: Actor, app: AppRecord): Promise<void> {
  services.audit.about(app, 'audit.app.delete-request', actor);
  await deleteTree(services, app);
  services.reconcile(app.guid);
}

/** @throws SprueError `DROPLET_FOREIGN` */
export async function assignDroplet(
  services: Services,
  actor: Actor,
  app: AppRecord,
  dropletGuid: string,
): Promise<void> {
  const droplet = dropletOfApp(services, app, dropletGuid);
  await createMissingProcesses(services, app, droplet);
  const mapped = await services.store.modify('app', app.guid, before => ({
    ...before,
    currentDropletGuid: droplet.guid,
  }));
  services.appLog.write(app.guid, `Updated app with guid ${app.guid} (droplet ${droplet.guid})`);
  services.audit.about(mapped, 'audit.app.droplet.mapped', actor, {
    request: { droplet_guid: droplet.guid },
  });
}

/** What is under way gives way to what is asked for now. */
export async function supersedeDeployments(
  { store, clock }: Services,
  app: AppRecord,
): Promise<void> {
  for (const { guid } of store.ownedBy('deployment', app.guid).filter(isActive)) {
    await store.modify('deployment', guid, before =>
      isActive(before) ? { ...before, state: 'SUPERSEDED', stateSinceMs: clock.now() } : before,
    );
  }
}
