import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseIpv4 } from '../../core/address.ts';
import { TYPE } from './codes.ts';
import { lookup, zonesByApex } from './lookup.ts';
import { parseName } from './name.ts';
import { type PlatformDns, platformZones } from './platform-zone.ts';
import { formatRecord } from './record-text.ts';
import { createZone } from './zone.ts';

const platform: PlatformDns = {
  domains: ['apps.example.com', 'example.org'],
  routerAddresses: [parseIpv4('198.51.100.10'), parseIpv4('198.51.100.11')],
  nameServer: { addresses: [parseIpv4('198.51.100.53')] },
  serial: 7,
};

const linesOf = (source: PlatformDns) =>
  platformZones(source).map(({ records }) => records.map(formatRecord));

describe('platformZones()', () => {
  test('leads every name of every domain to the healthy routers', () => {
    assert.deepEqual(linesOf(platform), [
      [
        'apps.example.com. 300 IN SOA ns.apps.example.com. hostmaster.apps.example.com. 7 3600 600 1209600 5',
        'apps.example.com. 300 IN NS ns.apps.example.com.',
        'ns.apps.example.com. 300 IN A 198.51.100.53',
        'apps.example.com. 5 IN A 198.51.100.10',
        'apps.example.com. 5 IN A 198.51.100.11',
        '*.apps.example.com. 5 IN A 198.51.100.10',
        '*.apps.example.com. 5 IN A 198.51.100.11',
        'api.apps.example.com. 5 IN A 198.51.100.10',
        'api.apps.example.com. 5 IN A 198.51.100.11',
      ],
      [
        'example.org. 300 IN SOA ns.apps.example.com. hostmaster.example.org. 7 3600 600 1209600 5',
        'example.org. 300 IN NS ns.apps.example.com.',
        'example.org. 5 IN A 198.51.100.10',
        'example.org. 5 IN A 198.51.100.11',
        '*.example.org. 5 IN A 198.51.100.10',
        '*.example.org. 5 IN A 198.51.100.11',
      ],
    ]);
  });

  test('denies no name while no router is healthy', () => {
    const zones = zonesByApex(platformZones({ ...platform, routerAddresses: [] }).map(createZone));
    for (const name of ['apps.example.com', 'shop.apps.example.com', 'api.apps.example.com']) {
      assert.equal(lookup(zones, parseName(name), TYPE.A).kind, 'nodata');
    }
  });

  test('puts further records into the nearest domain, and the TTL where routers are', () => {
    const [outer, inner] = linesOf({
      ...platform,
      domains: ['example.com', 'apps.example.com'],
      ttlSeconds: 1,
      extra: [
        {
          name: '_acme-challenge.apps.example.com',
          ttlSeconds: 9,
          type: 'TXT',
          strings: ['a "b"'],
        },
        {
          name: 'example.com',
          ttlSeconds: 9,
          type: 'CAA',
          critical: true,
          tag: 'issue',
          value: 'ca.example',
        },
      ],
    });
    assert.ok(inner?.includes('_acme-challenge.apps.example.com. 9 IN TXT "a \\"b\\""'));
    assert.ok(outer?.includes('example.com. 9 IN CAA 128 issue "ca.example"'));
    assert.ok(outer?.includes('*.example.com. 1 IN A 198.51.100.10'));
  });

  test('needs no address for a name server of another domain', () => {
    const nameServer = { ...platform.nameServer, name: 'ns1.provider.example' };
    const lines = linesOf({ ...platform, nameServer }).flat();
    assert.ok(lines.includes('example.org. 300 IN NS ns1.provider.example.'));
    assert.equal(
      lines.some(line => line.includes('198.51.100.53')),
      false,
    );
  });
});
