import type { Refusal } from './refusal.ts';

/** What an octet may be part of; bits of {@link OCTET}. */
export const TOKEN = 1;
export const FIELD = 2;
export const TARGET = 4;
export const AUTHORITY = 8;

/**
 * One lookup per octet instead of comparisons, because every byte of every head passes here.
 * TOKEN: RFC 9110 §5.6.2. FIELD: field values, §5.5 (HTAB, SP, VCHAR, obs-text). TARGET: a request
 * target; more than RFC 3986 allows, because clients send `|`, `{` and raw UTF-8 and apps expect
 * them, but no whitespace, control or `#`. AUTHORITY: host and port, RFC 3986 §3.2 without userinfo.
 */
export const OCTET = new Uint8Array(256);

for (let octet = 0x21; octet <= 0xff; octet++) {
  if (octet !== 0x7f) OCTET[octet] = FIELD | TARGET;
}
OCTET[0x23] = FIELD;
OCTET[0x20] = FIELD;
OCTET[0x09] = FIELD;
const ALPHANUMERIC = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
mark(ALPHANUMERIC, TOKEN | AUTHORITY);
mark("!#$%&'*+-.^_`|~", TOKEN);
mark("-._~%!$&'()*+,;=:[]", AUTHORITY);

function mark(octets: string, bit: number): void {
  for (let i = 0; i < octets.length; i++) {
    const octet = octets.charCodeAt(i);
    OCTET[octet] = (OCTET[octet] ?? 0) | bit;
  }
}

export const CR = 0x0d;
export const LF = 0x0a;
export const SP = 0x20;
export const HTAB = 0x09;
export const COLON = 0x3a;

/** How to name an octet that may stand nowhere in a head; undefined for the others. */
export function controlOrUndefined(octet: number): Refusal | undefined {
  if (octet === LF) return 'bare_lf';
  if (octet === CR) return 'bare_cr';
  if (octet === 0) return 'nul';
  return (octet < 0x20 && octet !== HTAB) || octet === 0x7f ? 'control_character' : undefined;
}
