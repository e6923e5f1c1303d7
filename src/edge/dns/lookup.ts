import { TYPE } from './codes.ts';
import { parentOf, type WireName, wildcardBelow } from './name.ts';
import type { RecordSet, Zone } from './zone.ts';

export type Lookup =
  | { readonly kind: 'answer'; readonly set: RecordSet }
  /** The name exists, the type does not (RFC 2308 §2.2). */
  | { readonly kind: 'nodata'; readonly zone: Zone }
  /** Neither the name nor a wildcard for it exists (RFC 2308 §2.1). */
  | { readonly kind: 'nxdomain'; readonly zone: Zone }
  /** The name belongs to none of the zones. */
  | { readonly kind: 'foreign' };

/** The zones of a server by apex. */
export type Zones = ReadonlyMap<WireName, Zone>;

export function zonesByApex(zones: readonly Zone[]): Zones {
  return new Map(zones.map(zone => [zone.apex, zone]));
}

/** What the zones say about a name and type (RFC 1034 §4.3.2). */
export function lookup(zones: Zones, name: WireName, type: number): Lookup {
  const zone = nearestZone(zones, name);
  if (zone === undefined) return { kind: 'foreign' };
  const sets = setsOf(zone, name);
  if (sets === undefined) return { kind: 'nxdomain', zone };
  const set = type === TYPE.ANY ? oneOf(sets) : sets.find(each => each.type === type);
  return set === undefined ? { kind: 'nodata', zone } : { kind: 'answer', set };
}

/** RFC 1034 §4.3.2 step 2: the zone that is the nearest ancestor of the name. */
function nearestZone(zones: Zones, name: WireName): Zone | undefined {
  for (let each = name; each.length > 1; each = parentOf(each)) {
    const zone = zones.get(each);
    if (zone !== undefined) return zone;
  }
  return undefined;
}

/**
 * The name's own records, or those of the wildcard at its closest encloser and no other (RFC 4592
 * §3.3.1): a name that exists, even without records, hides wildcards above it from all below it.
 */
function setsOf(zone: Zone, name: WireName): readonly RecordSet[] | undefined {
  const own = zone.names.get(name);
  if (own !== undefined) return own;
  let encloser = parentOf(name);
  while (!zone.names.has(encloser)) encloser = parentOf(encloser);
  return zone.names.get(wildcardBelow(encloser));
}

/** ANY gets one of the sets, not all of them (RFC 8482 §4.1); addresses help most. */
function oneOf(sets: readonly RecordSet[]): RecordSet | undefined {
  return sets.find(({ type }) => type === TYPE.A) ?? sets[0];
}
