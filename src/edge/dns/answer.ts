import { CLASS_IN, MAX_TCP_BYTES, MAX_UDP_BYTES, PLAIN_UDP_BYTES, RCODE, TYPE } from './codes.ts';
import { lookup, type Zones } from './lookup.ts';
import { parseQuery, type Query } from './query.ts';
import { encodeBareReply, encodeReply, encodeTruncated, type ReplyContent } from './reply.ts';

export const OUTCOMES = [
  'answer',
  'nodata',
  'nxdomain',
  'refused',
  'formerr',
  'notimp',
  'badvers',
  'truncated',
] as const;

/** What a reply says, as counters name it. */
export type Outcome = (typeof OUTCOMES)[number];

export interface Reply {
  readonly packet: Buffer;
  readonly outcome: Outcome;
}

export interface AnswerOptions {
  readonly transport: 'udp' | 'tcp';
  /** Says only “ask again over TCP”: for clients that ask too much over UDP. Default false. */
  readonly truncate?: boolean;
}

/**
 * The reply to a packet, or `undefined` when silence is right: for what is shorter than a header
 * and for responses. Any bytes are taken; nothing is thrown.
 */
export function answer(packet: Buffer, zones: Zones, options: AnswerOptions): Reply | undefined {
  const parsed = parseQuery(packet);
  switch (parsed.kind) {
    case 'no-query':
      return undefined;
    case 'faulty': {
      const outcome = parsed.rcode === RCODE.NOTIMP ? 'notimp' : 'formerr';
      return { packet: encodeBareReply(parsed.header, parsed.rcode), outcome };
    }
    case 'query':
      return answerQuery(parsed.query, zones, options);
    default:
      return parsed satisfies never;
  }
}

function answerQuery(query: Query, zones: Zones, options: AnswerOptions): Reply {
  if (options.truncate) {
    const packet = encodeTruncated(query, { rcode: RCODE.NOERROR, authoritative: false });
    return { packet, outcome: 'truncated' };
  }
  const { outcome, ...content } = decide(query, zones);
  const packet = encodeReply(query, content, limitBytes(query, options.transport));
  const truncated = (packet.readUInt16BE(2) & 0x0200) !== 0;
  return { packet, outcome: truncated ? 'truncated' : outcome };
}

function limitBytes({ edns }: Query, transport: 'udp' | 'tcp'): number {
  if (transport === 'tcp') return MAX_TCP_BYTES;
  // RFC 6891 §6.2.3: less than 512 means 512.
  return Math.min(MAX_UDP_BYTES, Math.max(PLAIN_UDP_BYTES, edns?.payloadBytes ?? 0));
}

type Decision = ReplyContent & { readonly outcome: Outcome };

const REFUSED: Decision = { outcome: 'refused', rcode: RCODE.REFUSED };

/** Types that are questions about the server or obsolete, not about data, and what they get. */
const SPECIAL_TYPES: ReadonlyMap<number, Decision> = new Map([
  [TYPE.OPT, { outcome: 'formerr', rcode: RCODE.FORMERR }],
  [TYPE.AXFR, REFUSED], // RFC 5936 §2.2.1: nobody may copy the zone
  [TYPE.IXFR, REFUSED],
  [TYPE.TKEY, { outcome: 'notimp', rcode: RCODE.NOTIMP }],
  [TYPE.TSIG, { outcome: 'notimp', rcode: RCODE.NOTIMP }],
  [TYPE.MAILA, { outcome: 'notimp', rcode: RCODE.NOTIMP }],
  [TYPE.MAILB, { outcome: 'notimp', rcode: RCODE.NOTIMP }],
]);

function decide(query: Query, zones: Zones): Decision {
  if (query.edns && query.edns.version > 0) return { outcome: 'badvers', rcode: RCODE.BADVERS };
  if (query.class !== CLASS_IN) return REFUSED;
  const special = SPECIAL_TYPES.get(query.type);
  if (special) return special;
  const found = lookup(zones, query.name, query.type);
  switch (found.kind) {
    case 'answer':
      return { outcome: 'answer', rcode: RCODE.NOERROR, answer: found.set };
    case 'nodata':
      return { outcome: 'nodata', rcode: RCODE.NOERROR, negativeBy: found.zone };
    case 'nxdomain':
      return { outcome: 'nxdomain', rcode: RCODE.NXDOMAIN, negativeBy: found.zone };
    case 'foreign':
      return REFUSED;
    default:
      return found satisfies never;
  }
}
