import { type Guid, newGuid } from '../../core/ids.ts';
import { instanceKey } from '../../proto/buckets.ts';
import { SUBJECTS } from '../../proto/subjects.ts';
import { applyRelease, stepDeployment } from '../actions/deployment-steps.ts';
import type { Services } from '../services.ts';
import { advanceDeployment, deploymentFailure } from './advance-deployment.ts';
import { type AppModel, isReady } from './app-model.ts';
import { type AppPlan, diffApp, type Unplaced } from './diff.ts';
import { loadModel, loadWorld } from './load-app.ts';
import type { OrphanedRoutes } from './orphaned-routes.ts';

/** What is known about instances that could not be placed: shown in stats. */
export type UnplacedByApp = Map<Guid, readonly Unplaced[]>;

/** What passes remember between them; lost with the controller. */
export interface PassMemory {
  readonly unplaced: UnplacedByApp;
  readonly orphans: OrphanedRoutes;
}

/** One pass for one app: moves its deployment on, then asks the DEAs for what is missing. */
export async function reconcileApp(
  services: Services,
  appGuid: Guid,
  { unplaced, orphans }: PassMemory,
): Promise<void> {
  const model = await settleDeployment(services, appGuid);
  if (model === undefined) {
    unplaced.delete(appGuid);
    await deleteAll(services, appGuid);
    return;
  }
  const plan = diffApp(model, loadWorld(services, appGuid), newGuid);
  const { fleet } = services;
  for (const wish of plan.delete)
    if (fleet.deas.isGone(wish.deaId)) orphans.note(wish, fleet.actualFor(wish));
  await carryOut(services, plan);
  withdrawOrphans(services, appGuid, orphans);
  if (plan.unplaced.length === 0) unplaced.delete(appGuid);
  else unplaced.set(appGuid, plan.unplaced);
  await giveUpWithoutRoom(services, model, plan);
}

/** Brings the processes to what the deployment wants, and the deployment to its next state. */
async function settleDeployment(services: Services, appGuid: Guid): Promise<AppModel | undefined> {
  for (;;) {
    const model = loadModel(services.store, appGuid);
    if (model?.deployment === undefined) return model;
    await applyRelease(services, model.deployment);
    const current = loadModel(services.store, appGuid);
    if (current === undefined) return undefined;
    const step = advanceDeployment(current, loadWorld(services, appGuid), services.clock.now());
    if (step === undefined) return current;
    await stepDeployment(services, model.deployment.guid, step);
  }
}

/**
 * An app is gone, and so are its routes: each instance first learns that it has none any more, so that
 * routers answer 404 and not 503, and is deleted in the pass after that.
 */
function withdrawOrphans(
  { fleet, bus, log }: Services,
  appGuid: Guid,
  orphans: OrphanedRoutes,
): void {
  const isGone = (deaId: string) => fleet.deas.isGone(deaId);
  const serves = fleet.actualOf(appGuid).some(one => isReady(one) && !isGone(one.deaId));
  for (const route of orphans.take(appGuid, { serves, isGone })) {
    log.info({ appGuid, host: route.host, port: route.port }, 'route of a lost host withdrawn');
    bus.publish(SUBJECTS.routerUnregister, route);
  }
}

async function deleteAll(services: Services, appGuid: Guid): Promise<void> {
  const { desired } = services.fleet;
  const wishes = services.fleet.desiredOf(appGuid);
  const routed = wishes.filter(({ uris }) => uris.length > 0);
  const rest = wishes.filter(({ uris }) => uris.length === 0);
  await Promise.all([
    ...routed.map(wish => desired.put(instanceKey(wish.deaId, wish.guid), { ...wish, uris: [] })),
    ...rest.map(wish => desired.delete(instanceKey(wish.deaId, wish.guid))),
  ]);
  if (routed.length > 0) services.reconcile(appGuid);
}

async function carryOut(services: Services, plan: AppPlan): Promise<void> {
  const { desired } = services.fleet;
  const write = [...plan.create, ...plan.update];
  for (const wish of plan.create) {
    const { appGuid, processType, index, deaId, version } = wish;
    services.log.info({ appGuid, processType, index, deaId, version }, 'instance wanted');
  }
  await Promise.all(write.map(wish => desired.put(instanceKey(wish.deaId, wish.guid), wish)));
  // Only now: a crash in between leaves one instance too many, never one too few.
  await Promise.all(plan.delete.map(wish => desired.delete(instanceKey(wish.deaId, wish.guid))));
}

/** A deployment whose new instances find no room beside the old ones would wait for ever. */
async function giveUpWithoutRoom(
  services: Services,
  model: AppModel,
  plan: AppPlan,
): Promise<void> {
  const [first] = plan.unplaced;
  const isDeploying = model.deployment?.state === 'DEPLOYING';
  if (first === undefined || !isDeploying || model.deployment === undefined) return;
  if (services.fleet.deas.live().length === 0) return;
  const type = model.processes.find(process => process.guid === first.processGuid)?.type ?? 'web';
  const failure = deploymentFailure(type, first.index, `InsufficientResources - ${first.reason}`);
  await stepDeployment(services, model.deployment.guid, { state: 'CANCELING', failure });
  services.reconcile(model.app.guid);
}
