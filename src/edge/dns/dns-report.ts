import type { Ipv4 } from '../../core/address.ts';
import type { DnsRecordReport, DnsReport, DnsResolverHint } from '../../proto/edge.ts';
import { nameServerName, type PlatformDns, platformZones, zoneOf } from './platform-zone.ts';
import type { DnsRecord } from './record.ts';
import { formatData, formatRecord } from './record-text.ts';

/** Where the server answers, for those who ask it directly. */
interface ServerAddress {
  readonly address: Ipv4;
  readonly port: number;
}

const DNS_PORT = 53;

/** What `sprue dns` tells. */
export function reportDns(
  platform: PlatformDns,
  options: { readonly port?: number } = {},
): DnsReport {
  const { addresses } = platform.nameServer;
  const port = options.port ?? DNS_PORT;
  const servers = addresses.map(address => ({ address, port }));
  return {
    server: { name: nameServerName(platform), addresses: [...addresses], port },
    zones: platformZones(platform).map(({ domain, records }) => ({
      domain,
      records: records.map(reportRecord),
      delegation: delegationOf(platform, domain),
      resolvers: servers.length === 0 ? [] : resolverHints(domain, servers),
    })),
  };
}

function reportRecord(record: DnsRecord): DnsRecordReport {
  const { name, ttlSeconds, type } = record;
  return { name, ttlSeconds, type, data: formatData(record), line: formatRecord(record) };
}

const DELEGATION_TTL_SECONDS = 3_600;

/**
 * The NS record, and the server's address when its name lies in the delegated domain: without that
 * “glue” nobody could ask for it (RFC 1034 §4.2.1).
 */
function delegationOf(platform: PlatformDns, domain: string): string[] {
  const server = nameServerName(platform);
  const glue = zoneOf(platform, server) === domain ? platform.nameServer.addresses : [];
  const ttlSeconds = DELEGATION_TTL_SECONDS;
  return [
    formatRecord({ name: domain, ttlSeconds, type: 'NS', server }),
    ...glue.map(address => formatRecord({ name: server, ttlSeconds, type: 'A', address })),
  ];
}

function resolverHints(domain: string, servers: readonly ServerAddress[]): DnsResolverHint[] {
  const withPort =
    (separator: string) =>
    ({ address, port }: ServerAddress) =>
      port === DNS_PORT ? address : `${address}${separator}${port}`;
  return [
    {
      resolver: 'dnsmasq',
      file: '/etc/dnsmasq.d/sprue.conf',
      lines: [
        ...servers.map(server => `server=/${domain}/${withPort('#')(server)}`),
        `rebind-domain-ok=/${domain}/`, // private addresses are right for this domain
      ],
    },
    {
      resolver: 'unbound',
      file: '/etc/unbound/unbound.conf.d/sprue.conf',
      lines: [
        'server:',
        `  private-domain: "${domain}"`,
        `  domain-insecure: "${domain}"`, // not signed, whatever the zone above says
        ...(servers.some(isLoopback) ? ['  do-not-query-localhost: no'] : []),
        'stub-zone:',
        `  name: "${domain}"`,
        ...servers.map(server => `  stub-addr: ${withPort('@')(server)}`),
      ],
    },
    {
      resolver: 'systemd-resolved',
      file: '/etc/systemd/resolved.conf.d/sprue.conf',
      lines: ['[Resolve]', `DNS=${servers.map(withPort(':')).join(' ')}`, `Domains=~${domain}`],
    },
  ];
}

function isLoopback({ address }: ServerAddress): boolean {
  return address.startsWith('127.');
}
