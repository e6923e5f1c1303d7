import type { Guid } from '../../core/ids.ts';
import type { DeploymentRecord, Release } from '../domain/records.ts';
import type { DeploymentStep } from '../reconcile/advance-deployment.ts';
import { type Services, SYSTEM } from '../services.ts';

/**
 * Makes droplet and process versions what the deployment leads to, or back to what was before when
 * it is being cancelled. Does nothing when they are already: a crash half-way is repaired here.
 */
export async function applyRelease(
  services: Services,
  deployment: DeploymentRecord,
): Promise<void> {
  const isForward = deployment.state === 'DEPLOYING';
  const release = isForward ? deployment.target : deployment.previous;
  const { dropletGuid } = release;
  if (dropletGuid !== undefined) {
    await services.store.modify('app', deployment.appGuid, app =>
      app.currentDropletGuid === dropletGuid ? app : { ...app, currentDropletGuid: dropletGuid },
    );
  }
  for (const { guid } of deployment.processes)
    await applyVersion(services, guid, release, isForward);
}

async function applyVersion(
  { store }: Services,
  processGuid: Guid,
  release: Release,
  isForward: boolean,
): Promise<void> {
  if (store.find('process', processGuid) === undefined) return;
  const version = release.versions[processGuid];
  await store.modify('process', processGuid, process => {
    if (process.version?.guid === version?.guid) return process;
    const { version: _gone, ...rest } = process;
    if (version === undefined) return rest;
    // Going back restores what the user had set on the process too; environment variables stay.
    return { ...rest, version, ...(!isForward && { settings: version.settings }) };
  });
}

/** Stores the next state of a deployment and tells people. */
export async function stepDeployment(
  services: Services,
  guid: Guid,
  step: DeploymentStep,
): Promise<void> {
  const { store, clock, appLog, audit, log } = services;
  const deployment = await store.modify('deployment', guid, before => ({
    ...before,
    state: step.state,
    stateSinceMs: clock.now(),
    ...(step.failure && { failure: step.failure }),
  }));
  const { appGuid } = deployment;
  log.info({ appGuid, deployment: guid, state: step.state }, 'deployment');
  if (step.failure !== undefined) {
    const { process_type, index, reason } = step.failure;
    appLog.write(
      appGuid,
      `Deployment given up: the new ${process_type}/${index} failed (${reason}). The previous version goes on serving.`,
    );
    const app = store.find('app', appGuid);
    if (app)
      audit.about(app, 'audit.app.deployment.cancel', SYSTEM, { deployment_guid: guid, reason });
  }
  if (step.state === 'DEPLOYED') appLog.write(appGuid, `Deployment ${guid} complete`);
}
