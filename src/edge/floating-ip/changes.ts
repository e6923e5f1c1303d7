import type { Ipv4 } from '../../core/address.ts';
import type { Placement } from './plan.ts';
import { TABLE } from './ruleset.ts';

/** What belongs to single floating IPs: in the kernel, or as it should be there. */
export interface NatState {
  /** All floating IPs that this edge holds. */
  readonly floating: ReadonlySet<Ipv4>;
  /** Floating IP → router. */
  readonly toRouter: ReadonlyMap<Ipv4, Ipv4>;
  /** Router → the floating IP that its own connections get. */
  readonly toFloating: ReadonlyMap<Ipv4, Ipv4>;
}

/** @param own each floating IP's own router, which a router's own connections prefer */
export function wantedNat(
  held: Iterable<Ipv4>,
  placements: ReadonlyMap<Ipv4, Placement>,
  own: ReadonlyMap<Ipv4, Ipv4 | null>,
): NatState {
  const toRouter = new Map([...placements].map(([address, { router }]) => [address, router]));
  const toFloating = new Map<Ipv4, Ipv4>();
  const isOwn = (address: Ipv4, router: Ipv4) => (own.get(address) === router ? 0 : 1);
  const ordered = [...toRouter].toSorted(
    ([a, atA], [b, atB]) => isOwn(a, atA) - isOwn(b, atB) || (a < b ? -1 : 1),
  );
  for (const [address, router] of ordered) {
    if (!toFloating.has(router)) toFloating.set(router, address);
  }
  return { floating: new Set(held), toRouter, toFloating };
}

/** One transaction that makes `before` into `after`; empty when they are equal. */
export function formatChanges(before: NatState, after: NatState): string {
  const lines = [
    ...[...before.floating.difference(after.floating)].map(address =>
      element('delete', 'floating', address),
    ),
    ...[...after.floating.difference(before.floating)].map(address =>
      element('add', 'floating', address),
    ),
    ...mapChanges('to_router', before.toRouter, after.toRouter),
    ...mapChanges('to_floating', before.toFloating, after.toFloating),
  ];
  return lines.map(line => `${line}\n`).join('');
}

/** Deletions come first: an element cannot be overwritten. */
function mapChanges(
  map: string,
  before: ReadonlyMap<Ipv4, Ipv4>,
  after: ReadonlyMap<Ipv4, Ipv4>,
): string[] {
  const gone = [...before].filter(([key, value]) => after.get(key) !== value);
  const fresh = [...after].filter(([key, value]) => before.get(key) !== value);
  return [
    ...gone.map(([key]) => element('delete', map, key)),
    ...fresh.map(([key, value]) => element('add', map, `${key} : ${value}`)),
  ];
}

function element(verb: 'add' | 'delete', set: string, text: string): string {
  return `${verb} element ${TABLE} ${set} { ${text} }`;
}
