import type { Guid } from '../../core/ids.ts';
import type { ActualInstance } from '../../proto/actual-instance.ts';
import type { DesiredInstance } from '../../proto/desired-instance.ts';
import type { RouterRegister } from '../../proto/router-register.ts';

export interface Orphan {
  readonly deaId: string;
  readonly route: RouterRegister;
}

/**
 * Routes to instances on hosts that are gone. The host would have withdrawn them; the routers would keep
 * trying them for two minutes. They are withdrawn in its place, but only when another instance serves:
 * until then a host that is merely cut off from us may still be the only one that answers.
 */
export class OrphanedRoutes {
  readonly #byApp = new Map<Guid, Orphan[]>();

  /** An instance is given up because its host is gone. */
  note(wish: DesiredInstance, actual: ActualInstance | undefined): void {
    const route = routeOf(wish, actual);
    if (route === undefined) return;
    const orphans = this.#byApp.get(wish.appGuid) ?? [];
    this.#byApp.set(wish.appGuid, [...orphans, { deaId: wish.deaId, route }]);
  }

  /** What is to be withdrawn now, and forgets it. A host that came back withdraws its routes itself. */
  take(
    appGuid: Guid,
    { serves, isGone }: { readonly serves: boolean; isGone(deaId: string): boolean },
  ): readonly RouterRegister[] {
    const orphans = (this.#byApp.get(appGuid) ?? []).filter(({ deaId }) => isGone(deaId));
    if (serves || orphans.length === 0) this.#byApp.delete(appGuid);
    else this.#byApp.set(appGuid, orphans);
    return serves ? orphans.map(({ route }) => route) : [];
  }
}

function routeOf(
  wish: DesiredInstance,
  actual: ActualInstance | undefined,
): RouterRegister | undefined {
  const { network, instanceId } = actual ?? {};
  if (network === undefined || instanceId === undefined || wish.uris.length === 0) return undefined;
  return {
    host: network.host,
    port: network.hostPort,
    uris: wish.uris,
    app: wish.appGuid,
    private_instance_id: instanceId,
    private_instance_index: String(wish.index),
  };
}
