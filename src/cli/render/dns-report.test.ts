import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIpv4 } from '../../core/address.ts';
import { reportDns } from '../../edge/dns/dns-report.ts';
import { renderDnsReport } from './dns-report.ts';

const REPORT = reportDns({
  domains: ['apps.example.com'],
  routerAddresses: [parseIpv4('198.51.100.10')],
  nameServer: { addresses: [parseIpv4('198.51.100.53')] },
  serial: 7,
});

test('renderDnsReport() prints the records, what to delegate and what to tell resolvers', () => {
  assert.equal(
    renderDnsReport(REPORT),
    `Name server ns.apps.example.com on 198.51.100.53:53

apps.example.com
  apps.example.com        300  SOA   ns.apps.example.com. hostmaster.apps.example.com. 7 3600 600 1209600 5
  apps.example.com        300  NS    ns.apps.example.com.
  ns.apps.example.com     300  A     198.51.100.53
  apps.example.com          5  A     198.51.100.10
  *.apps.example.com        5  A     198.51.100.10
  api.apps.example.com      5  A     198.51.100.10

To let the world find it, add to the zone above:
  apps.example.com. 3600 IN NS ns.apps.example.com.
  ns.apps.example.com. 3600 IN A 198.51.100.53

Or tell a resolver of your own (one of these):
  # dnsmasq: /etc/dnsmasq.d/sprue.conf
  server=/apps.example.com/198.51.100.53
  rebind-domain-ok=/apps.example.com/
  # unbound: /etc/unbound/unbound.conf.d/sprue.conf
  server:
    private-domain: "apps.example.com"
    domain-insecure: "apps.example.com"
  stub-zone:
    name: "apps.example.com"
    stub-addr: 198.51.100.53
  # systemd-resolved: /etc/systemd/resolved.conf.d/sprue.conf
  [Resolve]
  DNS=198.51.100.53
  Domains=~apps.example.com
`,
  );
});
