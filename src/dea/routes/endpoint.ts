import type { HostPort } from '../../core/address.ts';
import type { InstanceId } from '../../core/ids.ts';
import type { DesiredInstance } from '../../proto/desired-instance.ts';
import type { RouterRegister } from '../../proto/router-register.ts';

/** A running instance as the routers see it. */
export interface Endpoint {
  readonly instanceId: InstanceId;
  /** Host port on the DEA's address. */
  readonly outside: HostPort;
  readonly uris: readonly string[];
  readonly desired: DesiredInstance;
  readonly updatedMs: number;
}

/** A router may forget an endpoint that was not registered again for this long (gorouter's own default). */
const STALE_AFTER_SEC = 120;

/** The payload of `router.register`, or of `router.unregister` for some of the URIs. */
export function registration(
  endpoint: Endpoint,
  uris: readonly string[] = endpoint.uris,
): RouterRegister {
  const { desired, outside, instanceId } = endpoint;
  return {
    host: outside.host,
    port: outside.port,
    uris,
    app: desired.appGuid,
    private_instance_id: instanceId,
    private_instance_index: String(desired.index),
    protocol: 'http1',
    stale_threshold_in_seconds: STALE_AFTER_SEC,
    endpoint_updated_at_ns: endpoint.updatedMs * 1_000_000,
    tags: {
      component: 'dea',
      app_id: desired.appGuid,
      app_name: desired.appName,
      instance_id: String(desired.index),
      process_id: desired.processGuid,
      process_type: desired.processType,
      process_instance_id: instanceId,
      source_id: desired.appGuid,
    },
  };
}

/** The same for `router.unregister` when the routes themselves are gone. */
export function routeDeletion(endpoint: Endpoint, uris: readonly string[]): RouterRegister {
  return { ...registration(endpoint, uris), route_deleted: true };
}

/** URIs compare without regard to case, as routers compare them. */
export function diffUris(
  before: readonly string[],
  after: readonly string[],
): { readonly added: readonly string[]; readonly removed: readonly string[] } {
  const normal = (uris: readonly string[]) => new Set(uris.map(uri => uri.toLowerCase()));
  const [was, is] = [normal(before), normal(after)];
  return { added: [...is.difference(was)], removed: [...was.difference(is)] };
}
