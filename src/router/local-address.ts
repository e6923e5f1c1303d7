import { networkInterfaces } from 'node:os';

/** The address under which others most likely reach this machine; loopback when it has no other. */
export function localAddress(): string {
  for (const addresses of Object.values(networkInterfaces())) {
    for (const { family, internal, address } of addresses ?? []) {
      if (family === 'IPv4' && !internal) return address;
    }
  }
  return '127.0.0.1';
}
