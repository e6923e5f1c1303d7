import { isIPv6 } from 'node:net';
import { type Answer, encode } from 'dns-packet';
import type { Ipv4 } from '../../core/address.ts';
import { HEADER_BYTES } from './codes.ts';
import { parseName } from './name.ts';

/** What every record has: whose it is, and how long it may be remembered. */
interface Owned {
  /** Full name as people write it; its first label may be `*`. */
  readonly name: string;
  readonly ttlSeconds: number;
}

/** Start of authority (RFC 1035 §3.3.13). Times in seconds. */
export interface SoaRecord extends Owned {
  readonly type: 'SOA';
  /** Name of the primary server. */
  readonly server: string;
  /** Mailbox of the person in charge, written as a name: `hostmaster.example.com`. */
  readonly mailbox: string;
  readonly serial: number;
  readonly refreshSeconds: number;
  readonly retrySeconds: number;
  readonly expireSeconds: number;
  /** How long “there is no such thing” may be remembered (RFC 2308 §4). */
  readonly negativeTtlSeconds: number;
}

/** Which authorities may certify (RFC 8659 §4.1). */
export interface CaaRecord extends Owned {
  readonly type: 'CAA';
  readonly critical: boolean;
  readonly tag: 'issue' | 'issuewild' | 'iodef';
  readonly value: string;
}

export type DnsRecord =
  | SoaRecord
  | CaaRecord
  | (Owned & { readonly type: 'A'; readonly address: Ipv4 })
  | (Owned & { readonly type: 'AAAA'; readonly address: string })
  | (Owned & { readonly type: 'NS'; readonly server: string })
  /** Each string has at most 255 bytes (RFC 1035 §3.3.14). */
  | (Owned & { readonly type: 'TXT'; readonly strings: readonly string[] });

const MAX_TTL_SECONDS = 2 ** 31 - 1; // RFC 2181 §8
const MAX_STRING_BYTES = 255;
const MAX_TXT_BYTES = 4_096;

/** What is wrong with a record's data, or `undefined`. Its name is checked with the zone's. */
export function faultOf(record: DnsRecord): string | undefined {
  const { ttlSeconds } = record;
  if (!Number.isInteger(ttlSeconds) || ttlSeconds < 0 || ttlSeconds > MAX_TTL_SECONDS) {
    return `${ttlSeconds} is not a TTL in seconds`;
  }
  if (record.type === 'AAAA' && !isIPv6(record.address)) {
    return `“${record.address}” is not an IPv6 address`;
  }
  if (record.type === 'TXT') return faultOfStrings(record.strings);
  if (record.type === 'CAA' && record.value.length > MAX_STRING_BYTES)
    return 'its value is too long';
  return undefined;
}

function faultOfStrings(strings: readonly string[]): string | undefined {
  const sizes = strings.map(text => Buffer.byteLength(text));
  if (sizes.length === 0) return 'it has no string';
  if (sizes.some(size => size > MAX_STRING_BYTES)) {
    return `a string has more than ${MAX_STRING_BYTES} bytes`;
  }
  const total = sizes.reduce((sum, size) => sum + size + 1, 0);
  return total > MAX_TXT_BYTES ? `it has more than ${MAX_TXT_BYTES} bytes` : undefined;
}

/** Where type, class, TTL and data start in a message whose only record belongs to the root. */
const AFTER_ROOT_OWNER = HEADER_BYTES + 1;

/**
 * A record on the wire without its owner: type, class, TTL, length, data (RFC 1035 §4.1.3). The
 * owner is put in front for each answer, in the letters of its question.
 */
export function encodeRecord(record: DnsRecord): Buffer {
  return encode({ type: 'response', answers: [libraryRecord(record)] }).subarray(AFTER_ROOT_OWNER);
}

function libraryRecord(record: DnsRecord): Answer {
  const owner = { name: '.', ttl: record.ttlSeconds };
  switch (record.type) {
    case 'A':
    case 'AAAA':
      return { ...owner, type: record.type, data: record.address };
    case 'NS':
      return { ...owner, type: 'NS', data: checkedName(record.server) };
    case 'TXT':
      return { ...owner, type: 'TXT', data: [...record.strings] };
    case 'CAA': {
      const { critical, tag, value } = record;
      return { ...owner, type: 'CAA', data: { issuerCritical: critical, tag, value } };
    }
    case 'SOA':
      return { ...owner, type: 'SOA', data: soaData(record) };
    default:
      return record satisfies never;
  }
}

function soaData(record: SoaRecord) {
  return {
    mname: checkedName(record.server),
    rname: checkedName(record.mailbox),
    serial: record.serial >>> 0,
    refresh: record.refreshSeconds,
    retry: record.retrySeconds,
    expire: record.expireSeconds,
    minimum: record.negativeTtlSeconds,
  };
}

/** The library writes whatever it gets, with a length byte that may lie. @throws `DNS_NAME_INVALID` */
function checkedName(text: string): string {
  parseName(text);
  return text.toLowerCase();
}
