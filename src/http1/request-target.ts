import { AUTHORITY, OCTET } from './octets.ts';
import type { Refusal } from './refusal.ts';

/** What the forms of a request target (RFC 9112 §3.2) have in common. */
export class TargetParts {
  /** Path as sent, without the query; '' in `*` and in `http://host`. */
  path = '';
  /** From an absolute-form target, else undefined. */
  authority: string | undefined = undefined;
}

const SLASH = 0x2f;
const QUESTION = 0x3f;

/** Reads the target at `text[start, end)` into `parts`. @returns why it is refused, or undefined */
export function parseTarget(
  method: string,
  text: string,
  start: number,
  end: number,
  parts: TargetParts,
): Refusal | undefined {
  if (method === 'CONNECT') return 'connect_method';
  parts.authority = undefined;
  if (text.charCodeAt(start) === SLASH) {
    parts.path = text.slice(start, pathEnd(text, start, end));
    return undefined;
  }
  if (method === 'OPTIONS' && end - start === 1 && text[start] === '*') {
    parts.path = '';
    return undefined;
  }
  return parseAbsolute(text, start, end, parts);
}

function parseAbsolute(
  text: string,
  start: number,
  end: number,
  parts: TargetParts,
): Refusal | undefined {
  const scheme = /^https?:\/\//i.exec(text.slice(start, Math.min(end, start + 8)))?.[0];
  if (scheme === undefined) return 'bad_target';
  const authorityStart = start + scheme.length;
  let at = authorityStart;
  while (at < end && text.charCodeAt(at) !== SLASH && text.charCodeAt(at) !== QUESTION) {
    if (((OCTET[text.charCodeAt(at)] ?? 0) & AUTHORITY) === 0) return 'bad_target';
    at++;
  }
  if (at === authorityStart) return 'bad_target';
  parts.authority = text.slice(authorityStart, at);
  parts.path = text.slice(at, pathEnd(text, at, end));
  return undefined;
}

function pathEnd(text: string, start: number, end: number): number {
  const question = text.indexOf('?', start);
  return question >= 0 && question < end ? question : end;
}
