/** Record types of the IANA registry “DNS parameters” that this server knows by name. */
export const TYPE = {
  A: 1,
  NS: 2,
  SOA: 6,
  TXT: 16,
  AAAA: 28,
  OPT: 41,
  TKEY: 249,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
  MAILB: 253,
  MAILA: 254,
  ANY: 255,
  CAA: 257,
} as const;

/** Response codes: RFC 1035 §4.1.1; `BADVERS`, which needs EDNS, RFC 6891 §9. */
export const RCODE = {
  NOERROR: 0,
  FORMERR: 1,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  BADVERS: 16,
} as const;

export type Rcode = (typeof RCODE)[keyof typeof RCODE];

/** The one class that is served (RFC 1035 §3.2.4). */
export const CLASS_IN = 1;
/** The one opcode that is served (RFC 1035 §4.1.1). */
export const OPCODE_QUERY = 0;

/** Bytes of a message's header (RFC 1035 §4.1.1). */
export const HEADER_BYTES = 12;
/** What every client takes over UDP (RFC 1035 §4.2.1). */
export const PLAIN_UDP_BYTES = 512;
/**
 * The most this server sends and takes over UDP, whatever a client offers: what passes nearly every
 * path without fragments, as agreed for the DNS flag day 2020.
 */
export const MAX_UDP_BYTES = 1_232;
/** What the length prefix of TCP can say (RFC 1035 §4.2.2). */
export const MAX_TCP_BYTES = 65_535;
