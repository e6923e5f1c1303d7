import type {
  DnsRecordReport,
  DnsReport,
  DnsResolverHint,
  DnsZoneReport,
} from '../../proto/edge.ts';

/** What `sprue dns` prints for people. */
export function renderDnsReport(report: DnsReport): string {
  const { server } = report;
  const where = server.addresses.map(address => `${address}:${server.port}`).join(', ');
  const head = `Name server ${server.name} on ${where || 'no address'}`;
  return `${[head, ...report.zones.map(renderZone)].join('\n\n')}\n`;
}

function renderZone(zone: DnsZoneReport): string {
  const sections = [
    `${zone.domain}\n${indented(recordTable(zone.records))}`,
    `To let the world find it, add to the zone above:\n${indented(zone.delegation)}`,
  ];
  if (zone.resolvers.length > 0) {
    const hints = zone.resolvers.flatMap(renderHint);
    sections.push(`Or tell a resolver of your own (one of these):\n${indented(hints)}`);
  }
  return sections.join('\n\n');
}

function renderHint({ resolver, file, lines }: DnsResolverHint): string[] {
  return [`# ${resolver}: ${file}`, ...lines];
}

function recordTable(records: readonly DnsRecordReport[]): string[] {
  const width = Math.max(...records.map(({ name }) => name.length));
  return records.map(
    ({ name, ttlSeconds, type, data }) =>
      `${name.padEnd(width)}  ${String(ttlSeconds).padStart(5)}  ${type.padEnd(4)}  ${data}`,
  );
}

function indented(lines: readonly string[]): string {
  return lines.map(line => `  ${line}`).join('\n');
}
