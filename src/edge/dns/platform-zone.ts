import type { Ipv4 } from '../../core/address.ts';
import { isWithin, parseName } from './name.ts';
import type { DnsRecord } from './record.ts';
import type { ZoneSource } from './zone.ts';

/** What the platform's zones are made of. */
export interface PlatformDns {
  /** The platform's own domain first; it gets `api.`. */
  readonly domains: readonly [string, ...string[]];
  /** Where healthy routers are reached: floating IPs, or their own addresses. May be empty. */
  readonly routerAddresses: readonly Ipv4[];
  readonly nameServer: NameServer;
  /** See `serial.ts`. */
  readonly serial: number;
  /** How long clients may remember where a router is. Default 5. */
  readonly ttlSeconds?: number;
  /** More records of any domain, for example TXT and CAA. */
  readonly extra?: readonly DnsRecord[];
}

/** This server as its zones name it. */
export interface NameServer {
  /** Default `ns.` and the platform's own domain. */
  readonly name?: string;
  readonly addresses: readonly Ipv4[];
}

const DEFAULT_TTL_SECONDS = 5;
/** The name server itself moves rarely. */
const NAME_SERVER_TTL_SECONDS = 300;

/** How long secondaries, of which there are none, would keep the zone (RFC 1912 §2.2). */
const SECONDARY = { refreshSeconds: 3_600, retrySeconds: 600, expireSeconds: 1_209_600 } as const;

/**
 * The zones of a platform: each domain and everything below it leads to the healthy routers. While no
 * router is healthy the names still exist, without an address.
 */
export function platformZones(platform: PlatformDns): ZoneSource[] {
  return platform.domains.map(domain => ({
    domain,
    names: namesOf(platform, domain),
    records: [
      ...authorityRecords(platform, domain),
      ...routerRecords(platform, domain),
      ...(platform.extra ?? []).filter(({ name }) => zoneOf(platform, name) === domain),
    ],
  }));
}

/** The name of this server, as NS and SOA records have it. */
export function nameServerName({ nameServer, domains }: PlatformDns): string {
  return nameServer.name ?? `ns.${domains[0]}`;
}

/** The domain that a name is served under: the nearest, when one domain lies in another. */
export function zoneOf(platform: PlatformDns, name: string): string | undefined {
  const wire = parseName(name);
  return platform.domains
    .filter(domain => isWithin(wire, parseName(domain)))
    .reduce<string | undefined>(
      (nearest, domain) =>
        nearest === undefined || domain.length > nearest.length ? domain : nearest,
      undefined,
    );
}

/** The domain, all names below it, and the API: named for itself, so that `dig` and people see it. */
function namesOf({ domains }: PlatformDns, domain: string): string[] {
  const names = [domain, `*.${domain}`];
  return domain === domains[0] ? [...names, `api.${domain}`] : names;
}

function routerRecords(platform: PlatformDns, domain: string): DnsRecord[] {
  const ttlSeconds = platform.ttlSeconds ?? DEFAULT_TTL_SECONDS;
  return namesOf(platform, domain).flatMap(name =>
    platform.routerAddresses.map(address => ({ name, ttlSeconds, type: 'A', address }) as const),
  );
}

function authorityRecords(platform: PlatformDns, domain: string): DnsRecord[] {
  const server = nameServerName(platform);
  const negativeTtlSeconds = platform.ttlSeconds ?? DEFAULT_TTL_SECONDS;
  const common = { name: domain, ttlSeconds: NAME_SERVER_TTL_SECONDS };
  const { serial } = platform;
  const mailbox = `hostmaster.${domain}`;
  const addresses = zoneOf(platform, server) === domain ? platform.nameServer.addresses : [];
  return [
    { ...common, type: 'SOA', server, mailbox, serial, ...SECONDARY, negativeTtlSeconds },
    { ...common, type: 'NS', server },
    ...addresses.map(address => ({ ...common, name: server, type: 'A', address }) as const),
  ];
}
