import type { Brand } from '../../core/brand.ts';
import { SprueError } from '../../core/errors.ts';

/**
 * A domain name as it looks on the wire (RFC 1035 §3.1), one character per byte: every label after
 * its length, then the root's zero. ASCII letters are lower case (RFC 4343 §3). Unlike dotted text
 * it tells a dot between labels from one inside a label, and its suffixes are its ancestors.
 */
export type WireName = Brand<string, 'WireName'>;

const MAX_LABEL_BYTES = 63;
const MAX_NAME_BYTES = 255;
/** Letters, digits, hyphens and, for names such as `_acme-challenge`, underscores. */
const LABEL = /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?$/;

/**
 * Reads a name as people write it, with or without the dot at its end; `*` may be the first label.
 * @throws SprueError `DNS_NAME_INVALID`
 */
export function parseName(text: string): WireName {
  const labels = text.toLowerCase().replace(/\.$/, '').split('.');
  const wrong = (reason: string) => new SprueError('DNS_NAME_INVALID', { name: text, reason });
  for (const [index, label] of labels.entries()) {
    if (label === '') throw wrong('it has an empty label');
    if (label.length > MAX_LABEL_BYTES) throw wrong(`a label is longer than ${MAX_LABEL_BYTES}`);
    if (label === '*' && index > 0) throw wrong('“*” stands for the first label only');
    if (label !== '*' && !LABEL.test(label)) throw wrong(`“${label}” is not a label`);
  }
  const name = `${labels.map(withLength).join('')}\0`;
  if (name.length > MAX_NAME_BYTES) throw wrong(`it is longer than ${MAX_NAME_BYTES} bytes`);
  return name as WireName;
}

/** Inverse of {@link parseName}: lower case, with the dot at the end. */
export function formatName(name: WireName): string {
  let text = '';
  for (let rest = name; rest.length > 1; rest = parentOf(rest)) {
    text += `${rest.slice(1, 1 + rest.charCodeAt(0))}.`;
  }
  return text || '.';
}

/** The name without its first label. The root is its own parent. */
export function parentOf(name: WireName): WireName {
  return name.length === 1 ? name : (name.slice(1 + name.charCodeAt(0)) as WireName);
}

/** `*.name`, which stands for what does not exist below `name` (RFC 4592 §2.1.1). */
export function wildcardBelow(name: WireName): WireName {
  return `${withLength('*')}${name}` as WireName;
}

/** Whether `name` is `ancestor` or below it. */
export function isWithin(name: WireName, ancestor: WireName): boolean {
  let rest = name;
  while (rest.length > ancestor.length) rest = parentOf(rest);
  return rest === ancestor;
}

/** Lower case for ASCII letters only (RFC 4343 §3): `toLowerCase` would change other bytes, too. */
export function wireName(bytes: string): WireName {
  return bytes.replace(/[A-Z]+/g, letters => letters.toLowerCase()) as WireName;
}

function withLength(label: string): string {
  return String.fromCharCode(label.length) + label;
}
