import { parseIpv4 } from '../../../core/address.ts';
import type { DnsRecord } from '../record.ts';
import { createZone, type Zone } from '../zone.ts';

const ttlSeconds = 3_600;

export const AUTHORITY: readonly DnsRecord[] = [
  {
    name: 'example.',
    ttlSeconds,
    type: 'SOA',
    server: 'ns.example.com',
    mailbox: 'hostmaster.example.com',
    serial: 1,
    refreshSeconds: 3_600,
    retrySeconds: 600,
    expireSeconds: 86_400,
    negativeTtlSeconds: 60,
  },
  { name: 'example.', ttlSeconds, type: 'NS', server: 'ns.example.com' },
  { name: 'example.', ttlSeconds, type: 'NS', server: 'ns.example.net' },
];

/**
 * The zone of RFC 4592 §2.2.1, with TXT records for its MX and SRV records and without its delegation,
 * and a set too large for UDP.
 */
export function exampleZone(): Zone {
  return createZone({
    domain: 'example',
    names: ['empty.example'],
    records: [
      ...AUTHORITY,
      { name: '*.example', ttlSeconds, type: 'TXT', strings: ['this is a wildcard'] },
      { name: 'host1.example', ttlSeconds, type: 'A', address: parseIpv4('192.0.2.1') },
      { name: 'host1.example', ttlSeconds, type: 'TXT', strings: ['beside an address'] },
      { name: '_ssh._tcp.host1.example', ttlSeconds, type: 'TXT', strings: ['ssh on host1'] },
      { name: '_ssh._tcp.host2.example', ttlSeconds, type: 'TXT', strings: ['ssh on host2'] },
      ...Array.from(
        { length: 8 },
        (_, index): DnsRecord => ({
          name: 'large.example',
          ttlSeconds,
          type: 'TXT',
          strings: [String(index).repeat(200)],
        }),
      ),
      ...[1, 2, 3].map(
        (host): DnsRecord => ({
          name: 'three.example',
          ttlSeconds,
          type: 'A',
          address: parseIpv4(`192.0.2.${host}`),
        }),
      ),
    ],
  });
}
