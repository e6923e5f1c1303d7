import type { FloatingIpRouter } from '../../proto/v3/floating-ip.ts';

/** A router as people know it: `router-1 (10.0.0.11)`. */
export function routerName({ name, address }: FloatingIpRouter): string {
  return name === '' ? address : `${name} (${address})`;
}
