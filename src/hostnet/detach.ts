import { forgetConnections } from './conntrack.ts';
import type { Attachment } from './host-network.ts';
import { removeNetns } from './ip.ts';
import type { ContainerNames } from './names.ts';
import { containerElements, deleteElements } from './plan.ts';
import { throwIfAny, tryAll } from './try-all.ts';
import type { Workshop } from './workshop.ts';

/**
 * Mapping first, so that new connections are refused at once; then the connections that stand; then
 * the namespace. Every step is tried and "absent" is success, so a retry finishes what failed.
 * @throws SprueError `NETWORK_CLEANUP_FAILED`; address and port stay taken then.
 */
export async function detachContainer(shop: Workshop, attachment: Attachment): Promise<void> {
  const { veth, netns, containerIp, mapping } = attachment;
  const elements = containerElements(veth, shop.policyId, mapping && { containerIp, ...mapping });
  const failures = await tryAll([
    () => shop.applyNft(deleteElements(elements)),
    () => forgetConnections(containerIp),
    () => removeNetns(netns),
  ]);
  throwIfAny(failures, veth);
  shop.allocator.releaseAddress(containerIp);
  if (mapping !== undefined) shop.allocator.releasePort(mapping.hostPort);
}

/** Removes what may be left of a container that was never complete: it has no mapping. */
export async function removeRemains(
  shop: Pick<Workshop, 'tag' | 'applyNft' | 'policyId'>,
  names: ContainerNames,
): Promise<void> {
  const elements = containerElements(names.veth, shop.policyId, undefined);
  const failures = await tryAll([
    () => shop.applyNft(deleteElements(elements)),
    () => removeNetns(names.netns),
  ]);
  throwIfAny(failures, names.veth);
}
