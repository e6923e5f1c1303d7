import { formatMib } from '../../core/size.ts';
import type { PlacementReason } from '../../proto/desired-instance.ts';

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
  | ({ readonly placed: true; readonly deaId: string } & PlacementReason)
  | { readonly placed: false; readonly because: string };

/** Hosts that an explanation names; the best come first. */
const HOSTS_NAMED = 10;

/**
 * Chooses where one instance goes: first the host with the fewest siblings, so that losing a host
 * costs as few of them as possible, then the one with the most free memory.
 */
export function chooseDea(memoryMib: number, hosts: readonly Host[]): Placement {
  if (hosts.length === 0) return { placed: false, because: 'no host that runs apps is there' };
  const fitting = hosts.filter(host => freeMib(host) >= memoryMib);
  const best = fitting.sort(compareHosts)[0];
  if (best === undefined) return { placed: false, because: explainNoRoom(memoryMib, hosts) };
  const others = fitting.slice(1);
  const named = fitting.slice(0, HOSTS_NAMED);
  return {
    placed: true,
    deaId: best.id,
    because: explainChoice(best, others, hosts.length),
    hosts: named.map(host => ({
      deaId: host.id,
      freeMib: freeMib(host),
      siblings: host.siblings,
    })),
  };
}

/** What decided: the first of the rules that tells the best from the second best. */
function explainChoice(best: Host, [second]: readonly Host[], known: number): string {
  const free = `${formatMib(freeMib(best))} free`;
  if (known === 1) return `the only host, ${free}`;
  if (second === undefined) return `the only host with room, ${free}`;
  const siblings = `${best.siblings === 0 ? 'none' : best.siblings} of its instances there`;
  if (second.siblings > best.siblings) return `fewest of its instances (${best.siblings}), ${free}`;
  if (freeMib(second) < freeMib(best)) return `${siblings}, and the most memory: ${free}`;
  return `${siblings}, ${free}; others are equal, first by name`;
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
