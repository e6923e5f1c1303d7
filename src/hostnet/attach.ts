import type { Port } from '../core/address.ts';
import { reasonOf } from '../core/errors.ts';
import type { VethAlias } from './alias.ts';
import type { Attachment, AttachRequest } from './host-network.ts';
import { ipBatch, ipBatchInNetns, removeNetns } from './ip.ts';
import { containerNames } from './names.ts';
import { CONTAINER_SYSCTLS, type ContainerPlan, planContainer } from './plan.ts';
import { sysctlInNetns, writeSysctlIfPresent } from './sysctl.ts';
import type { Workshop } from './workshop.ts';

/**
 * Four programs, about 15 ms: the pair, its two ends inside, and one transaction with policy and
 * mapping. The mapping comes last, so nothing is reachable before all of it stands.
 */
export async function attachContainer(shop: Workshop, request: AttachRequest): Promise<Attachment> {
  await using undo = new AsyncDisposableStack();
  const names = containerNames(shop.tag, request.instanceId);
  const alias = await allocate(shop, request, undo);
  const plan = planContainer(names, alias, shop);
  const attempt = (what: string, remove: () => Promise<void>) =>
    undo.defer(() =>
      remove().catch(thrown =>
        shop.log.error({ ...names, reason: reasonOf(thrown) }, `${what} is left behind`),
      ),
    );

  attempt('a network namespace', () => removeNetns(names.netns));
  await ipBatch(plan.hostSide);
  await writeSysctlIfPresent(`net.ipv6.conf.${names.veth}.disable_ipv6`, '1');
  await setUpInside(names, plan);
  attempt('an element of a map', () => shop.applyNft(plan.deleteElements));
  await shop.applyNft(plan.addElements);

  undo.move();
  const { hostAddress } = shop;
  return {
    instanceId: request.instanceId,
    appGuid: request.appGuid,
    index: request.index,
    ...names,
    containerIp: alias.containerIp,
    mapping: alias.ports && { hostAddress, ...alias.ports },
  };
}

async function allocate(
  { tag, allocator }: Workshop,
  { instanceId, appGuid, index, containerPort }: AttachRequest,
  undo: AsyncDisposableStack,
): Promise<VethAlias> {
  const containerIp = await allocator.takeAddress();
  undo.defer(() => allocator.releaseAddress(containerIp));
  let hostPort: Port | undefined;
  if (containerPort !== undefined) {
    const taken = await allocator.takePort();
    undo.defer(() => {
      allocator.releasePort(taken);
      allocator.wakePort(taken); // no router ever heard of it
    });
    hostPort = taken;
  }
  const ports =
    hostPort !== undefined && containerPort !== undefined ? { hostPort, containerPort } : undefined;
  return { tag, instanceId, appGuid, index, containerIp, ports };
}

/** Both at once; when one fails, the other has ended too before anything is undone. */
async function setUpInside(
  { netns, netnsPath }: { readonly netns: string; readonly netnsPath: string },
  plan: ContainerPlan,
): Promise<void> {
  const results = await Promise.allSettled([
    ipBatchInNetns(netns, plan.containerSide),
    sysctlInNetns(netnsPath, CONTAINER_SYSCTLS),
  ]);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}
