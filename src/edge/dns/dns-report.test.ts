import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIpv4 } from '../../core/address.ts';
import { reportDns } from './dns-report.ts';
import type { PlatformDns } from './platform-zone.ts';

const platform: PlatformDns = {
  domains: ['apps.example.com'],
  routerAddresses: [parseIpv4('198.51.100.10')],
  nameServer: { addresses: [parseIpv4('198.51.100.53')] },
  serial: 7,
};

test('reportDns() writes another port as each resolver wants it', () => {
  const loopback = { ...platform, nameServer: { addresses: [parseIpv4('127.0.0.1')] } };
  const { zones } = reportDns(loopback, { port: 5353 });
  const lines = zones[0]?.resolvers.flatMap(hint => hint.lines) ?? [];
  assert.ok(lines.includes('server=/apps.example.com/127.0.0.1#5353'));
  assert.ok(lines.includes('  stub-addr: 127.0.0.1@5353'));
  assert.ok(lines.includes('  do-not-query-localhost: no'));
  assert.ok(lines.includes('DNS=127.0.0.1:5353'));
});

test('reportDns() tells records as data for --json', () => {
  const { zones } = reportDns(platform);
  assert.deepEqual(zones[0]?.records[3], {
    name: 'apps.example.com',
    ttlSeconds: 5,
    type: 'A',
    data: '198.51.100.10',
    line: 'apps.example.com. 5 IN A 198.51.100.10',
  });
});
