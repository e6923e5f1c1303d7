import { HEADER_BYTES, MAX_UDP_BYTES, type Rcode, TYPE } from './codes.ts';
import type { Query, QueryHeader } from './query.ts';
import type { RecordSet, Zone } from './zone.ts';

/** What is sent besides header, question and OPT. */
export interface ReplyContent {
  readonly rcode: Rcode;
  readonly answer?: RecordSet;
  /** The zone whose SOA record proves that there is nothing (RFC 2308 §3). */
  readonly negativeBy?: Zone;
}

const QR = 0x8000;
const AA = 0x0400;
const TC = 0x0200;
const RD = 0x0100;

/** Only a header: for messages whose question cannot be read or has no meaning here. */
export function encodeBareReply(header: QueryHeader, rcode: Rcode): Buffer {
  return encodeHeader({ header, rcode });
}

/**
 * A reply with the question as it was asked. What goes beyond `limitBytes` is left out and TC set
 * (RFC 2181 §9): header, question and OPT together stay below what every client takes.
 */
export function encodeReply(query: Query, content: ReplyContent, limitBytes: number): Buffer {
  const opt = query.edns ? [encodeOpt(query.edns.dnssecOk, content.rcode)] : [];
  const records = encodeRecords(query, content);
  const authoritative = records.length > 0;
  const counts = content.answer
    ? { answers: content.answer.records.length }
    : { authorities: content.negativeBy?.negativeSoa.records.length ?? 0 };
  const fixed = { header: query, rcode: content.rcode, authoritative, questions: 1 };
  const reply = Buffer.concat([
    encodeHeader({ ...fixed, ...counts, additionals: opt.length }),
    query.questionBytes,
    ...records,
    ...opt,
  ]);
  return reply.length <= limitBytes ? reply : encodeTruncated(query, fixed);
}

/** No records, but TC: “ask again over TCP”. Never larger than its query, so of no use to amplify. */
export function encodeTruncated(
  query: Query,
  { rcode, authoritative }: { readonly rcode: Rcode; readonly authoritative: boolean },
): Buffer {
  const opt = query.edns ? [encodeOpt(query.edns.dnssecOk, rcode)] : [];
  const flags = { rcode, authoritative, truncated: true };
  const header = encodeHeader({ header: query, ...flags, questions: 1, additionals: opt.length });
  return Buffer.concat([header, query.questionBytes, ...opt]);
}

/** Owners are pointers into the question (RFC 1035 §4.1.4), which so keep its letters and save room. */
function encodeRecords(query: Query, content: ReplyContent): Buffer[] {
  if (content.answer) return withOwner(rotated(content.answer.records, query.id), HEADER_BYTES);
  if (!content.negativeBy) return [];
  const { apex, negativeSoa } = content.negativeBy;
  return withOwner(negativeSoa.records, HEADER_BYTES + query.name.length - apex.length);
}

/** Many clients take the first address: the query's random id decides which that is. */
function rotated(records: readonly Buffer[], id: number): readonly Buffer[] {
  const start = id % records.length;
  return [...records.slice(start), ...records.slice(0, start)];
}

function withOwner(records: readonly Buffer[], offset: number): Buffer[] {
  const pointer = Buffer.of(0xc0 | (offset >> 8), offset & 0xff);
  return records.flatMap(record => [pointer, record]);
}

interface HeaderFields {
  readonly header: QueryHeader;
  readonly rcode: Rcode;
  readonly authoritative?: boolean;
  readonly truncated?: boolean;
  readonly questions?: number;
  readonly answers?: number;
  readonly authorities?: number;
  readonly additionals?: number;
}

/** RFC 1035 §4.1.1. RA stays 0: this server never asks others. AD and CD stay 0 (RFC 4035 §3.1.6). */
function encodeHeader(fields: HeaderFields): Buffer {
  const { header, rcode } = fields;
  const flags =
    QR |
    (header.opcode << 11) |
    (fields.authoritative ? AA : 0) |
    (fields.truncated ? TC : 0) |
    (header.recursionDesired ? RD : 0) |
    (rcode & 15);
  const packet = Buffer.alloc(HEADER_BYTES);
  packet.writeUInt16BE(header.id, 0);
  packet.writeUInt16BE(flags, 2);
  packet.writeUInt16BE(fields.questions ?? 0, 4);
  packet.writeUInt16BE(fields.answers ?? 0, 6);
  packet.writeUInt16BE(fields.authorities ?? 0, 8);
  packet.writeUInt16BE(fields.additionals ?? 0, 10);
  return packet;
}

/** RFC 6891 §6.1.2: our size, the upper bits of the code, version 0, and DO as asked (RFC 3225 §3). */
function encodeOpt(dnssecOk: boolean, rcode: Rcode): Buffer {
  const opt = Buffer.alloc(11);
  opt.writeUInt16BE(TYPE.OPT, 1);
  opt.writeUInt16BE(MAX_UDP_BYTES, 3);
  opt.writeUInt8(rcode >> 4, 5);
  opt.writeUInt8(dnssecOk ? 0x80 : 0, 7);
  return opt;
}
