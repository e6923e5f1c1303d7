import { formatMib } from '../../core/size.ts';

/** A DEA as placement sees it. */
export interface Host {
  readonly id: string;
  readonly memoryMib: number;
  /** Promised to instances that are there or on their way. */
  readonly reservedMib: number;
  /** Instances of the same process that it has already. */
  readonly siblings: number;
}

export type Placement =
  | { readonly placed: true; readonly deaId: string; readonly because: string }
  | { readonly placed: false; readonly because: string };

/**
 * Chooses where one instance goes: first the host with the fewest siblings, so that losing a host
 * costs as few of them as possible, then the one with the most free memory.
 */
export function chooseDea(memoryMib: number, hosts: readonly Host[]): Placement {
  if (hosts.length === 0) return { placed: false, because: 'no host that runs apps is there' };
  const fitting = hosts.filter(host => freeMib(host) >= memoryMib);
  const best = fitting.sort(compareHosts)[0];
  if (best === undefined) return { placed: false, because: explainNoRoom(memoryMib, hosts) };
  const rest = hosts.length === 1 ? 'the only host' : `${best.siblings} other instances there`;
  const because = `${rest}, ${formatMib(freeMib(best))} free`;
  return { placed: true, deaId: best.id, because };
}

function compareHosts(left: Host, right: Host): number {
  return (
    left.siblings - right.siblings ||
    freeMib(right) - freeMib(left) ||
    left.id.localeCompare(right.id)
  );
}

function freeMib(host: Host): number {
  return Math.max(0, host.memoryMib - host.reservedMib);
}

function explainNoRoom(memoryMib: number, hosts: readonly Host[]): string {
  const free = Math.max(...hosts.map(freeMib));
  const where = hosts.length === 1 ? 'the host has' : `no host has more than`;
  return `insufficient resources: ${formatMib(memoryMib)} of memory needed, ${where} ${formatMib(free)} free`;
}
