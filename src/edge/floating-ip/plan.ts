import type { Ipv4 } from '../../core/address.ts';

/** A floating IP as it is wanted. */
export interface WantedFloatingIp {
  readonly address: Ipv4;
  /** Address of the router it is associated with; `null`: it leads nowhere. */
  readonly router: Ipv4 | null;
}

/** Where a floating IP leads. */
export interface Placement {
  readonly router: Ipv4;
  readonly sinceMs: number;
}

export interface PlanInput {
  readonly floatingIps: readonly WantedFloatingIp[];
  /** Healthy routers by address, each with when it came back; `undefined`: it never was down. */
  readonly healthy: ReadonlyMap<Ipv4, number | undefined>;
  readonly previous: ReadonlyMap<Ipv4, Placement>;
  readonly nowMs: number;
}

export interface Plan {
  /** By floating IP. One that is missing leads nowhere: no router of its own, or none is healthy. */
  readonly placements: ReadonlyMap<Ipv4, Placement>;
  /** When to plan again although nothing has changed: a router has been back for long enough then. */
  readonly reviewAtMs: number | undefined;
}

/** A floating IP goes back to its own router when that has been back for this long. */
export const STEADY_MS = 5_000;

/**
 * Which router each floating IP leads to. Its own, as long as that is healthy; else the one it leads
 * to already; else the healthy router with the fewest. Pure.
 */
export function planPlacements({ floatingIps, healthy, previous, nowMs }: PlanInput): Plan {
  const wanted = floatingIps.filter(({ router }) => router !== null).toSorted(byAddress);
  const chosen = new Map<Ipv4, Ipv4>();
  let reviewAtMs: number | undefined;
  for (const { address, router: own } of wanted) {
    const current = previous.get(address)?.router;
    const stays = current !== undefined && healthy.has(current) ? current : undefined;
    if (own !== null && healthy.has(own)) {
      const steadyAtMs = (healthy.get(own) ?? Number.NEGATIVE_INFINITY) + STEADY_MS;
      if (stays === undefined || stays === own || steadyAtMs <= nowMs) {
        chosen.set(address, own);
        continue;
      }
      reviewAtMs = Math.min(reviewAtMs ?? steadyAtMs, steadyAtMs);
    }
    if (stays !== undefined) chosen.set(address, stays);
  }
  for (const { address } of wanted) {
    if (chosen.has(address)) continue;
    const router = leastUsed(healthy.keys(), chosen.values());
    if (router !== undefined) chosen.set(address, router);
  }
  return { placements: dated(chosen, previous, nowMs), reviewAtMs };
}

function leastUsed(routers: Iterable<Ipv4>, uses: Iterable<Ipv4>): Ipv4 | undefined {
  const counts = new Map([...routers].toSorted().map(router => [router, 0]));
  for (const router of uses) counts.set(router, (counts.get(router) ?? 0) + 1);
  let best: Ipv4 | undefined;
  for (const [router, count] of counts) {
    if (best === undefined || count < (counts.get(best) ?? 0)) best = router;
  }
  return best;
}

function dated(
  chosen: ReadonlyMap<Ipv4, Ipv4>,
  previous: ReadonlyMap<Ipv4, Placement>,
  nowMs: number,
): Map<Ipv4, Placement> {
  return new Map(
    [...chosen].map(([address, router]) => {
      const before = previous.get(address);
      return [address, before?.router === router ? before : { router, sinceMs: nowMs }];
    }),
  );
}

function byAddress(left: WantedFloatingIp, right: WantedFloatingIp): number {
  return left.address < right.address ? -1 : 1;
}
