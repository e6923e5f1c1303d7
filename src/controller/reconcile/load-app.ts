import type { Guid } from '../../core/ids.ts';
import type { DeploymentRecord } from '../domain/records.ts';
import type { Services } from '../services.ts';
import type { ResourceStore } from '../store/resource-store.ts';
import type { AppModel, AppWorld } from './app-model.ts';

/** The app as it is stored, or `undefined` when it was deleted. */
export function loadModel(store: ResourceStore, appGuid: Guid): AppModel | undefined {
  const app = store.find('app', appGuid);
  if (app === undefined) return undefined;
  return {
    app,
    processes: store.ownedBy('process', appGuid),
    routes: store.routesOf(appGuid),
    deployment: activeDeployment(store, appGuid),
  };
}

/** The newest deployment that is not over. */
export function activeDeployment(
  store: ResourceStore,
  appGuid: Guid,
): DeploymentRecord | undefined {
  return store.ownedBy('deployment', appGuid).findLast(isActive);
}

export function isActive(deployment: DeploymentRecord): boolean {
  return deployment.state === 'DEPLOYING' || deployment.state === 'CANCELING';
}

export function loadWorld({ fleet }: Pick<Services, 'fleet'>, appGuid: Guid): AppWorld {
  return {
    desired: fleet.desiredOf(appGuid),
    actual: fleet.actualOf(appGuid),
    hosts: fleet.deas.live().map(({ id, memoryMib }) => ({
      id,
      memoryMib,
      reservedMib: fleet.reservedOn(id).memoryMib,
    })),
    isGone: deaId => fleet.deas.isGone(deaId),
  };
}
