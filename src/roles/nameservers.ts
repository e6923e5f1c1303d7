import { readFileSync } from 'node:fs';
import { isIPv4 } from 'node:net';

/** systemd-resolved keeps the real servers here and a stub on 127.0.0.53 in /etc/resolv.conf. */
const FILES = ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf'];

/**
 * Name servers for containers: the machine's own, less those on loopback, which a container cannot reach.
 */
export function containerNameservers(): string[] {
  for (const file of FILES) {
    const servers = parseNameservers(readText(file)).filter(address => !address.startsWith('127.'));
    if (servers.length > 0) return servers;
  }
  return [];
}

/** IPv4 `nameserver` lines of a resolv.conf(5). */
export function parseNameservers(text: string): string[] {
  return text
    .split('\n')
    .map(line => /^\s*nameserver\s+(\S+)/.exec(line)?.[1])
    .filter((address): address is string => address !== undefined && isIPv4(address));
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
