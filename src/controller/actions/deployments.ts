import { SprueError } from '../../core/errors.ts';
import { newGuid } from '../../core/ids.ts';
import { versionsOf } from '../domain/process-version.ts';
import {
  type AppRecord,
  type DeploymentRecord,
  newFrame,
  type Release,
} from '../domain/records.ts';
import { activeDeployment } from '../reconcile/load-app.ts';
import type { Actor, Services } from '../services.ts';
import { restartApp, supersedeDeployments } from './apps.ts';
import { trimHistory } from './delete-tree.ts';
import { createMissingProcesses, currentDroplet, dropletOfApp, freezeRelease } from './release.ts';

export interface NewDeployment {
  /** Default: the app's current droplet, that is a restart without downtime. */
  readonly dropletGuid?: string | undefined;
  readonly maxInFlight?: number | undefined;
}

/**
 * Replaces the running instances one after the other by what is current now. A stopped app is
 * started instead. What another deployment is doing is superseded; going back then leads to what
 * served before both.
 * @throws SprueError `DROPLET_MISSING`, `DROPLET_FOREIGN`, `PROCESS_WITHOUT_COMMAND`, `MEMORY_BEYOND_HOST`
 */
export async function createDeployment(
  services: Services,
  actor: Actor,
  app: AppRecord,
  { dropletGuid, maxInFlight = 1 }: NewDeployment,
): Promise<DeploymentRecord> {
  const { store, clock, appLog, audit } = services;
  const droplet = dropletGuid
    ? dropletOfApp(services, app, dropletGuid)
    : currentDroplet(services, app);
  await createMissingProcesses(services, app, droplet);
  const target = freezeRelease(services, app, droplet);
  const previous = activeDeployment(store, app.guid)?.previous ?? runningRelease(services, app);
  await supersedeDeployments(services, app);
  const processes = store.ownedBy('process', app.guid).map(({ guid, type }) => ({ guid, type }));
  const deployment = await store.create<DeploymentRecord>({
    kind: 'deployment',
    ...newFrame(newGuid(), clock.now()),
    appGuid: app.guid,
    state: app.state === 'STARTED' ? 'DEPLOYING' : 'DEPLOYED',
    stateSinceMs: clock.now(),
    maxInFlight,
    processes,
    target,
    previous,
  });
  audit.about(app, 'audit.app.deployment.create', actor, {
    droplet_guid: droplet.guid,
    deployment_guid: deployment.guid,
  });
  if (app.state === 'STOPPED') {
    const assigned = await store.modify('app', app.guid, before => ({
      ...before,
      currentDropletGuid: droplet.guid,
    }));
    await restartApp(services, actor, assigned);
  } else {
    appLog.write(app.guid, `Deploying app with guid ${app.guid} (droplet ${droplet.guid})`);
    services.reconcile(app.guid);
  }
  await trimHistory(services, app);
  return deployment;
}

/** Goes back to what served before. @throws SprueError `DEPLOYMENT_OVER` */
export async function cancelDeployment(
  services: Services,
  actor: Actor,
  { guid, appGuid }: DeploymentRecord,
): Promise<DeploymentRecord> {
  const { store, clock, audit, appLog } = services;
  const canceled = await store.modify('deployment', guid, before => {
    if (before.state !== 'DEPLOYING') {
      throw new SprueError('DEPLOYMENT_OVER', { state: before.state });
    }
    return { ...before, state: 'CANCELING', stateSinceMs: clock.now() };
  });
  const app = store.get('app', appGuid);
  appLog.write(appGuid, `Deployment ${guid} cancelled; the previous version goes on serving`);
  audit.about(app, 'audit.app.deployment.cancel', actor, { deployment_guid: guid });
  services.reconcile(appGuid);
  return canceled;
}

/** What the app's instances run right now. */
function runningRelease({ store }: Services, app: AppRecord): Release {
  const versions = versionsOf(store.ownedBy('process', app.guid));
  const [first] = Object.values(versions);
  const dropletGuid = first?.dropletGuid ?? app.currentDropletGuid;
  return { ...(dropletGuid !== undefined && { dropletGuid }), versions };
}
