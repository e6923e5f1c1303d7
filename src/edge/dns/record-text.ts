import { formatName, parseName } from './name.ts';
import type { DnsRecord } from './record.ts';

/** A record as zone files and `dig` write it (RFC 1035 §5.1): owner, TTL, class, type, data. */
export function formatRecord(record: DnsRecord): string {
  return `${absolute(record.name)} ${record.ttlSeconds} IN ${record.type} ${formatData(record)}`;
}

export function formatData(record: DnsRecord): string {
  switch (record.type) {
    case 'A':
    case 'AAAA':
      return record.address;
    case 'NS':
      return absolute(record.server);
    case 'TXT':
      return record.strings.map(quoted).join(' ');
    case 'CAA':
      return `${record.critical ? 128 : 0} ${record.tag} ${quoted(record.value)}`;
    case 'SOA': {
      const { serial, refreshSeconds, retrySeconds, expireSeconds, negativeTtlSeconds } = record;
      const times = [serial, refreshSeconds, retrySeconds, expireSeconds, negativeTtlSeconds];
      return [absolute(record.server), absolute(record.mailbox), ...times].join(' ');
    }
    default:
      return record satisfies never;
  }
}

function absolute(name: string): string {
  return formatName(parseName(name));
}

/** Quotes, backslashes and what is not printable ASCII become escapes. */
function quoted(text: string): string {
  const escaped = [...Buffer.from(text)].map(byte => {
    const letter = String.fromCharCode(byte);
    if (letter === '"' || letter === '\\') return `\\${letter}`;
    return byte < 0x20 || byte > 0x7e ? `\\${String(byte).padStart(3, '0')}` : letter;
  });
  return `"${escaped.join('')}"`;
}
