import type { DnsRecord } from '../../proto/trace.ts';
import type { TraceNames } from '../../proto/v3/trace.ts';
import { draftHop, evidenceOf, type HopDraft } from './draft.ts';
import { digCommand } from './explain.ts';
import { textSide } from './flow.ts';
import type { JoinedTrace } from './join.ts';

/** The name's resolution; nothing when no DNS server was asked. */
export function nameHops({ dns, zone, client }: JoinedTrace, names: TraceNames): HopDraft[] {
  if (dns === undefined) return [];
  const served = names.zone?.addresses.some(address => dns.server.startsWith(`${address}:`));
  const own = served === true && dns.authoritative === true ? names.zone : undefined;
  const record = zone?.matched ?? own?.record;
  const addresses = dns.answers.filter(({ type }) => type === 'A' || type === 'AAAA');
  const isGood = dns.code === 'NOERROR' && addresses.length > 0;
  const question = `${dns.question.name} ${dns.question.type}?`;
  return [
    draftHop({
      kind: 'dns',
      hop: 'DNS',
      where: zone?.host ?? own?.host ?? dns.server.replace(/:53$/, ''),
      before: textSide(question),
      after: isGood ? textSide(addresses.map(({ data }) => data).join(', ')) : null,
      decidedBy: [
        `asked ${dns.server.replace(/:53$/, '')}${isGood && dns.authoritative ? ' (authoritative)' : ''}`,
        ...(isGood && record !== undefined ? [`record ${record}`] : []),
        ...dns.answers.filter(({ type }) => type === 'CNAME').map(aliasText),
        ...addresses.slice(0, 1).map(({ ttlSeconds }) => `good for ${ttlSeconds} s`),
      ],
      ms: dns.ms ?? client.timings.resolvedMs ?? null,
      ...(isGood
        ? {}
        : {
            state: 'failed',
            expected: `an address for ${dns.question.name}`,
            found: FINDINGS[dns.code] ?? `${dns.code} from ${dns.server}`,
          }),
      explain: [{ where: client.host, command: digCommand(dns) }],
      ...evidenceOf(dns),
      raw: [...dns.raw, ...(zone?.raw ?? [])],
    }),
  ];
}

const FINDINGS: Readonly<Record<string, string>> = {
  NOERROR: 'NODATA: the name exists and has no address',
  NXDOMAIN: 'NXDOMAIN: the name does not exist',
  TIMEOUT: 'no answer',
  UNREACHABLE: 'nothing listens there',
};

function aliasText({ name, data }: DnsRecord): string {
  return `${name} is an alias of ${data}`;
}
