import { type Ipv4, ipv4ToNumber } from '../core/address.ts';
import type { WantedFloatingIp } from './floating-ip/plan.ts';

export interface NameAddressesInput {
  readonly floatingIps: readonly WantedFloatingIp[];
  /** Floating IPs that lead to a healthy router, at this edge or at another. */
  readonly serving: Iterable<Ipv4>;
  readonly healthyRouters: Iterable<Ipv4>;
}

/**
 * The addresses that the platform's names have: the floating IPs that work. While no floating IP is
 * associated with a router there is nothing but the routers' own addresses. Pure.
 */
export function nameAddresses(input: NameAddressesInput): Ipv4[] {
  const isUsed = input.floatingIps.some(({ router }) => router !== null);
  const addresses = new Set(isUsed ? input.serving : input.healthyRouters);
  return [...addresses].toSorted((left, right) => ipv4ToNumber(left) - ipv4ToNumber(right));
}
