import { isIPv4 } from 'node:net';

/** 48 bits: the largest network that one customer usually gets (RFC 6177 §2). */
const SITE_GROUPS = 3;

/**
 * The network that a client's address belongs to, as far as limits are concerned: /24 or /48. Whoever
 * forges the addresses of one network, or owns them, is one client.
 */
export function clientPrefix(address: string): string {
  const text = address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
  if (isIPv4(text)) return text.slice(0, text.lastIndexOf('.'));
  return groupsOf(text).slice(0, SITE_GROUPS).join(':');
}

/** The eight groups of an IPv6 address; `::` stands for as many zeros as are missing (RFC 4291 §2.2). */
function groupsOf(address: string): string[] {
  const [head = '', tail] = address.replace(/%.*$/, '').split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const missing = Math.max(0, 8 - before.length - after.length);
  return [...before, ...Array<string>(missing).fill('0'), ...after];
}
