import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import type { InstanceId } from '../core/ids.ts';

/** What every interface of ours begins with; the rule set matches it as `w-*`. */
export const VETH_PREFIX = 'w-';
/** The container's end of its pair. */
export const CONTAINER_INTERFACE = 'eth0';

/**
 * Tells the platforms of one machine apart: names in `/run/netns` are shared by all network
 * namespaces. Twelve hex digits of a hash, so that a state directory of any length will do.
 */
export function platformTag(stateDir: string): string {
  return createHash('sha256').update(resolve(stateDir)).digest('hex').slice(0, 12);
}

/** Names of one container's network: pure functions of its id, so cleaning up needs no memory. */
export interface ContainerNames {
  readonly veth: string;
  readonly netns: string;
  readonly netnsPath: string;
}

export function containerNames(tag: string, instanceId: InstanceId): ContainerNames {
  return namesOfShortId(tag, shortId(instanceId));
}

export function namesOfShortId(tag: string, short: string): ContainerNames {
  const netns = `${netnsPrefix(tag)}${short}`;
  return { veth: `${VETH_PREFIX}${short}`, netns, netnsPath: `/run/netns/${netns}` };
}

export function netnsPrefix(tag: string): string {
  return `sprue-${tag.slice(0, 6)}-`;
}

/** The first 8 hex digits of the id: with `w-` 10 of the 15 bytes that an interface name may have. */
export function shortId(instanceId: InstanceId): string {
  return instanceId.slice(0, 8);
}

/** The short id in a namespace name of this platform, or `undefined` for any other namespace. */
export function shortIdOfNetns(tag: string, netns: string): string | undefined {
  const prefix = netnsPrefix(tag);
  const short = netns.slice(prefix.length);
  return netns.startsWith(prefix) && /^[0-9a-f]{8}$/.test(short) ? short : undefined;
}
