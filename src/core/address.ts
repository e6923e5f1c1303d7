import { isIPv4 } from 'node:net';
import type { Brand } from './brand.ts';
import { SprueError } from './errors.ts';

/** Dotted-quad IPv4 address, canonical form. */
export type Ipv4 = Brand<string, 'Ipv4'>;
/** IPv4 network in CIDR notation with host bits zero, e.g. `10.254.0.0/16`. */
export type Cidr = Brand<string, 'Cidr'>;
/** TCP or UDP port, 1–65535. */
export type Port = Brand<number, 'Port'>;

/** An `IP:port` pair, for example where a router dials an instance. */
export interface HostPort {
  readonly host: Ipv4;
  readonly port: Port;
}

/** @throws SprueError `INVALID_ADDRESS` unless `text` is a canonical dotted quad. */
export function parseIpv4(text: string): Ipv4 {
  if (!isIPv4(text)) {
    throw new SprueError('INVALID_ADDRESS', { expected: 'an IPv4 address', received: text });
  }
  return text as Ipv4;
}

/** @throws SprueError `INVALID_ADDRESS` unless `value` is an integer in 1–65535. */
export function parsePort(value: string | number): Port {
  const port =
    typeof value === 'number' ? value : /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN;
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new SprueError('INVALID_ADDRESS', {
      expected: 'a port, 1–65535',
      received: String(value),
    });
  }
  return port as Port;
}

/** The address as an unsigned 32-bit number, network byte order. */
export function ipv4ToNumber(address: Ipv4): number {
  let value = 0;
  for (const octet of address.split('.')) value = value * 256 + Number(octet);
  return value;
}

/** Inverse of {@link ipv4ToNumber}. */
export function ipv4FromNumber(value: number): Ipv4 {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255].join('.') as Ipv4;
}

/** @throws SprueError `INVALID_ADDRESS` unless `text` is `a.b.c.d/0–32` with host bits zero. */
export function parseCidr(text: string): Cidr {
  const slash = text.indexOf('/');
  const bits = slash < 0 ? Number.NaN : Number(text.slice(slash + 1));
  if (!isIPv4(text.slice(0, slash)) || !/^\d{1,2}$/.test(text.slice(slash + 1)) || bits > 32) {
    throw new SprueError('INVALID_ADDRESS', {
      expected: 'a network such as 10.0.0.0/8',
      received: text,
    });
  }
  const cidr = text as Cidr;
  const { first } = cidrRange(cidr);
  if (ipv4FromNumber(first) !== text.slice(0, slash)) {
    throw new SprueError('INVALID_ADDRESS', {
      expected: `a network with host bits zero (${ipv4FromNumber(first)}/${bits})`,
      received: text,
    });
  }
  return cidr;
}

/** First and last address of a network, as numbers. */
export function cidrRange(cidr: Cidr): { readonly first: number; readonly last: number } {
  const slash = cidr.indexOf('/');
  const size = 2 ** (32 - Number(cidr.slice(slash + 1)));
  const address = ipv4ToNumber(cidr.slice(0, slash) as Ipv4);
  const first = Math.floor(address / size) * size;
  return { first, last: first + size - 1 };
}

/** Whether two networks share an address. */
export function cidrsOverlap(left: Cidr, right: Cidr): boolean {
  const a = cidrRange(left);
  const b = cidrRange(right);
  return a.first <= b.last && b.first <= a.last;
}
