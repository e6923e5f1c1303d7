import { parseIpv4 } from '../../src/core/address.ts';
import {
  type DnsEndpoint,
  DnsServer,
  type DnsServerOptions,
} from '../../src/edge/dns/dns-server.ts';
import { type PlatformDns, platformZones } from '../../src/edge/dns/platform-zone.ts';
import { createZone, type Zone } from '../../src/edge/dns/zone.ts';

export const DOMAIN = 'apps.example.com';

export const PLATFORM: PlatformDns = {
  domains: [DOMAIN],
  routerAddresses: [parseIpv4('198.51.100.10'), parseIpv4('198.51.100.11')],
  nameServer: { addresses: [parseIpv4('127.0.0.1')] },
  serial: 7,
  extra: [
    {
      name: DOMAIN,
      ttlSeconds: 5,
      type: 'CAA',
      critical: false,
      tag: 'issue',
      value: 'ca.example',
    },
    { name: `_acme-challenge.${DOMAIN}`, ttlSeconds: 5, type: 'TXT', strings: ['a "token"'] },
    ...Array.from({ length: 8 }, (_, index) => ({
      name: `large.${DOMAIN}`,
      ttlSeconds: 5,
      type: 'TXT' as const,
      strings: [String(index).repeat(200)],
    })),
  ],
};

export function platformZone(platform: PlatformDns = PLATFORM): Zone[] {
  return platformZones(platform).map(createZone);
}

export interface OpenDns extends AsyncDisposable {
  readonly server: DnsServer;
  readonly at: DnsEndpoint;
}

/** A server for {@link PLATFORM} on a free port of loopback. */
export async function openDns(options: Partial<DnsServerOptions> = {}): Promise<OpenDns> {
  const server = await DnsServer.listen({
    addresses: ['127.0.0.1'],
    port: 0,
    zones: platformZone(),
    ...options,
  });
  const [at] = server.endpoints;
  if (at === undefined) throw new Error('the server listens nowhere');
  return { server, at, [Symbol.asyncDispose]: () => server.close() };
}
