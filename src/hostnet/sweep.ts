import type { KernelView } from './inspect.ts';
import { VETH_PREFIX } from './names.ts';
import type { PortMapping } from './plan.ts';

/** What a crash left half made or half removed; none of it belongs to a complete container. */
export interface Remains {
  readonly shortIds: readonly string[];
  /** Pairs with our alias whose namespace has no name any more. */
  readonly veths: readonly string[];
  readonly mappings: readonly PortMapping[];
}

/**
 * Finds what belongs to nobody; pure. An interface `w-…` without our alias and without one of our
 * namespaces is a stranger's and stays.
 * @param isWanted tells whether a short id belongs to somebody.
 */
export function findRemains(view: KernelView, isWanted: (shortId: string) => boolean): Remains {
  const unwanted = (name: string) => !isWanted(name.slice(VETH_PREFIX.length));
  const named = new Set(view.netnsShortIds);
  const ours = view.veths.filter(veth => veth.alias !== undefined);
  const alive = new Set(ours.map(veth => veth.alias?.containerIp));
  return {
    shortIds: [
      ...new Set([
        ...view.netnsShortIds.filter(short => !isWanted(short)),
        ...view.policies
          .map(policy => policy.veth)
          .filter(unwanted)
          .map(veth => veth.slice(VETH_PREFIX.length)),
      ]),
    ],
    veths: ours
      .map(veth => veth.name)
      .filter(veth => unwanted(veth) && !named.has(veth.slice(VETH_PREFIX.length))),
    mappings: view.mappings.filter(mapping => !alive.has(mapping.containerIp)),
  };
}
