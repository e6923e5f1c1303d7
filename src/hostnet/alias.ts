import { type Ipv4, type Port, parseIpv4, parsePort } from '../core/address.ts';
import { type Guid, type InstanceId, parseGuid, parseInstanceId } from '../core/ids.ts';

/**
 * What the kernel remembers about a container for us: the alias of the host's end of the pair.
 * After a crash it is all that is needed to adopt the container.
 */
export interface VethAlias {
  /** Which platform of the machine the container belongs to, see `platformTag`. */
  readonly tag: string;
  readonly instanceId: InstanceId;
  readonly appGuid: Guid;
  readonly index: number;
  readonly containerIp: Ipv4;
  readonly ports: { readonly hostPort: Port; readonly containerPort: Port } | undefined;
}

const MARK = 'sprue';

/** At most 139 bytes; the kernel takes 255. */
export function formatAlias(alias: VethAlias): string {
  const { hostPort, containerPort } = alias.ports ?? { hostPort: '', containerPort: '' };
  const { tag, instanceId, appGuid, index, containerIp } = alias;
  return [MARK, tag, instanceId, appGuid, index, containerIp, hostPort, containerPort].join(';');
}

/** `undefined` when the text is not an alias of the platform `tag`. */
export function parseAlias(text: string, tag: string): VethAlias | undefined {
  const [mark, owner, instanceId, appGuid, index, containerIp, hostPort, containerPort, ...rest] =
    text.split(';');
  if (mark !== MARK || owner !== tag || rest.length > 0 || !/^\d{1,9}$/.test(index ?? ''))
    return undefined;
  try {
    return {
      tag,
      instanceId: parseInstanceId(instanceId ?? ''),
      appGuid: parseGuid(appGuid ?? ''),
      index: Number(index),
      containerIp: parseIpv4(containerIp ?? ''),
      ports: hostPort
        ? { hostPort: parsePort(hostPort), containerPort: parsePort(containerPort ?? '') }
        : undefined,
    };
  } catch {
    return undefined;
  }
}
