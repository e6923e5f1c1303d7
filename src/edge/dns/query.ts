import { HEADER_BYTES, OPCODE_QUERY, RCODE, TYPE } from './codes.ts';
import { type WireName, wireName } from './name.ts';

/** What a reply repeats of any message's header. */
export interface QueryHeader {
  readonly id: number;
  readonly opcode: number;
  readonly recursionDesired: boolean;
}

/** What the OPT record says (RFC 6891 §6.1). */
export interface Edns {
  readonly version: number;
  /** Size of the largest UDP message that the client takes, as it says. */
  readonly payloadBytes: number;
  readonly dnssecOk: boolean;
}

export interface Query extends QueryHeader {
  readonly name: WireName;
  readonly type: number;
  readonly class: number;
  /** The question as it came, letter by letter: a client may check that (“0x20”). */
  readonly questionBytes: Buffer;
  readonly edns: Edns | undefined;
}

export type ParsedQuery =
  | { readonly kind: 'query'; readonly query: Query }
  | {
      readonly kind: 'faulty';
      readonly header: QueryHeader;
      readonly rcode: typeof RCODE.FORMERR | typeof RCODE.NOTIMP;
    }
  /** Too short for a header, or a response: answering those would let two servers talk for ever. */
  | { readonly kind: 'no-query' };

/**
 * Reads a query without trusting any count or length in it. Not the library's decoder: that one
 * allocates by the header's counts, 2 MB for 12 bytes, and joins labels with dots, so that a dot in
 * a label makes another name.
 */
export function parseQuery(packet: Buffer): ParsedQuery {
  if (packet.length < HEADER_BYTES) return { kind: 'no-query' };
  const flags = packet.readUInt16BE(2);
  if ((flags & 0x8000) !== 0) return { kind: 'no-query' };
  const header = {
    id: packet.readUInt16BE(0),
    opcode: (flags >> 11) & 15,
    recursionDesired: (flags & 0x0100) !== 0,
  };
  if (header.opcode !== OPCODE_QUERY) return { kind: 'faulty', header, rcode: RCODE.NOTIMP };
  const body = parseBody(packet);
  if (body === undefined) return { kind: 'faulty', header, rcode: RCODE.FORMERR };
  return { kind: 'query', query: { ...header, ...body } };
}

function parseBody(packet: Buffer): Omit<Query, keyof QueryHeader> | undefined {
  const questions = packet.readUInt16BE(4);
  const answers = packet.readUInt16BE(6);
  if (questions !== 1 || answers !== 0) return undefined; // RFC 9619 §4
  const nameEnd = endOfName(packet, HEADER_BYTES, NO_POINTER);
  const end = nameEnd + 4;
  if (nameEnd < 0 || end > packet.length) return undefined;
  const edns = findEdns(packet, end);
  if (edns === 'malformed') return undefined;
  return {
    name: wireName(packet.toString('latin1', HEADER_BYTES, nameEnd)),
    type: packet.readUInt16BE(nameEnd),
    class: packet.readUInt16BE(nameEnd + 2),
    questionBytes: packet.subarray(HEADER_BYTES, end),
    edns,
  };
}

/** Walks the records behind the question to the end of the packet; at most one may be an OPT. */
function findEdns(packet: Buffer, start: number): Edns | undefined | 'malformed' {
  const authorities = packet.readUInt16BE(8);
  const records = authorities + packet.readUInt16BE(10);
  let edns: Edns | undefined;
  let offset = start;
  for (let index = 0; index < records; index++) {
    const fixed = endOfName(packet, offset, POINTER);
    if (fixed < 0 || fixed + 10 > packet.length) return 'malformed';
    const isOpt = packet.readUInt16BE(fixed) === TYPE.OPT;
    const ownerIsRoot = packet[offset] === 0;
    if (isOpt && (edns || index < authorities || !ownerIsRoot)) return 'malformed'; // RFC 6891 §6.1.1
    if (isOpt) edns = ednsAt(packet, fixed);
    offset = fixed + 10 + packet.readUInt16BE(fixed + 8);
  }
  return offset === packet.length ? edns : 'malformed';
}

/** Class and TTL of an OPT record mean something else than usual (RFC 6891 §6.1.2, §6.1.3). */
function ednsAt(packet: Buffer, fixed: number): Edns {
  return {
    payloadBytes: packet.readUInt16BE(fixed + 2),
    version: packet.readUInt8(fixed + 5),
    dnssecOk: (packet.readUInt8(fixed + 6) & 0x80) !== 0,
  };
}

const MAX_NAME_BYTES = 255;
/** Lowest length byte that ends a name: a pointer, or beyond every byte where none is allowed. */
const POINTER = 0xc0;
const NO_POINTER = 0x100;

/**
 * Where the name that starts at `start` ends, or -1. A pointer ends it and is not followed (RFC 1035
 * §4.1.4): nothing that matters here is behind one, and what is not followed cannot loop. Before the
 * question there is nothing to point to, so none is allowed in it.
 */
function endOfName(packet: Buffer, start: number, pointer: number): number {
  for (let offset = start; offset - start < MAX_NAME_BYTES; ) {
    const length = packet[offset];
    if (length === undefined) return -1;
    if (length === 0) return offset + 1;
    if (length >= pointer) return offset + 2 <= packet.length ? offset + 2 : -1;
    if (length > 63) return -1; // RFC 6891 §5: the other two label types are no more
    offset += 1 + length;
  }
  return -1;
}
