import type { Ipv4 } from '../../core/address.ts';
import { hasCode, SprueError } from '../../core/errors.ts';
import { type FloatingIp, floatingIpKey } from '../../proto/edge.ts';
import { findRouter, type NamedRouter } from '../domain/find-router.ts';
import {
  checkPoolAddress,
  freeAddresses,
  type Holder,
  holdersAmong,
  poolsText,
} from '../domain/floating-pool.ts';
import type { Services } from '../services.ts';

/**
 * Allocates the given address, or the next free one.
 * @param router what a person calls it
 * @throws SprueError `EDGE_MISSING`, `FLOATING_IP_OUTSIDE_POOL`, `FLOATING_IP_RESERVED`,
 *   `FLOATING_IP_IN_USE`, `FLOATING_POOL_EXHAUSTED`, `ROUTER_UNKNOWN`, `ROUTER_AMBIGUOUS`
 */
export async function allocateFloatingIp(
  services: Services,
  wanted: { readonly address?: Ipv4 | undefined; readonly router?: string | undefined },
): Promise<FloatingIp> {
  const { floatingIps, edges, clock } = services;
  const holders = holdersAmong(edges.live());
  const router =
    wanted.router === undefined ? null : findRouter(wanted.router, knownRouters(services));
  const frame = { router, createdMs: clock.now() };
  for (const address of candidates(wanted.address, holders, services)) {
    const floatingIp = { address, ...frame };
    try {
      await floatingIps.create(floatingIpKey(address), floatingIp);
      return floatingIp;
    } catch (thrown) {
      if (!hasCode(thrown, 'REVISION_CONFLICT')) throw thrown; // somebody was faster: the next one
    }
  }
  if (wanted.address !== undefined) {
    throw new SprueError('FLOATING_IP_IN_USE', { address: wanted.address });
  }
  throw new SprueError('FLOATING_POOL_EXHAUSTED', { pools: poolsText(holders) });
}

/**
 * @param router what a person calls it; `null`: none
 * @throws SprueError `FLOATING_IP_UNKNOWN`, `ROUTER_UNKNOWN`, `ROUTER_AMBIGUOUS`
 */
export async function associateFloatingIp(
  services: Services,
  address: Ipv4,
  router: string | null,
): Promise<FloatingIp> {
  const target = router === null ? null : findRouter(router, knownRouters(services));
  const changed = await services.floatingIps.modify(floatingIpKey(address), before =>
    before === undefined || before.router === target ? undefined : { ...before, router: target },
  );
  if (changed === undefined) throw new SprueError('FLOATING_IP_UNKNOWN', { address });
  return changed;
}

/** @throws SprueError `FLOATING_IP_UNKNOWN` */
export async function releaseFloatingIp({ floatingIps }: Services, address: Ipv4): Promise<void> {
  const key = floatingIpKey(address);
  if (floatingIps.get(key) === undefined) throw new SprueError('FLOATING_IP_UNKNOWN', { address });
  await floatingIps.delete(key);
}

/** Routers that announce themselves, and those that an edge still knows. */
export function knownRouters({ routers, edges }: Services): NamedRouter[] {
  return [
    ...routers.live().map(({ id, host, name }) => ({ id, address: host as Ipv4, name })),
    ...edges.live().flatMap(edge => edge.routers),
  ];
}

function candidates(
  wanted: Ipv4 | undefined,
  holders: readonly Holder[],
  { floatingIps }: Services,
): Iterable<Ipv4> {
  poolsText(holders); // without any pool that is what is wrong
  if (wanted !== undefined) {
    checkPoolAddress(wanted, holders);
    return [wanted];
  }
  return freeAddresses(holders, address => floatingIps.get(floatingIpKey(address)) !== undefined);
}
