import { type LookupAddress, type LookupOptions, lookup } from 'node:dns';

type LookupCallback = (
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family?: number,
) => void;

/**
 * Resolver for `node:http` that knows `localhost` and all names below it as loopback (RFC 6761 §6.3),
 * which many system resolvers do not. Everything else is asked of the system.
 */
export function lookupHost(host: string, options: LookupOptions, callback: LookupCallback): void {
  if (!isLocalhostName(host)) return lookup(host, options, callback);
  const answer = { address: '127.0.0.1', family: 4 };
  if (options.all) process.nextTick(callback, null, [answer]);
  else process.nextTick(callback, null, answer.address, answer.family);
}

export function isLocalhostName(host: string): boolean {
  return /^(?:.+\.)?localhost\.?$/i.test(host);
}
