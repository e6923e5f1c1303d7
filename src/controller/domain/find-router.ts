import type { Ipv4 } from '../../core/address.ts';
import { SprueError } from '../../core/errors.ts';

/** A router as somebody has seen it. */
export interface NamedRouter {
  readonly id: string;
  readonly address: Ipv4;
  /** Host name of its machine; empty while unknown. */
  readonly name: string;
}

/**
 * The router that a person means by its address, its id or its machine's host name. Pure.
 * @throws SprueError `ROUTER_UNKNOWN`, `ROUTER_AMBIGUOUS`
 */
export function findRouter(text: string, routers: readonly NamedRouter[]): Ipv4 {
  const exact = routers.find(({ address, id }) => address === text || id === text);
  if (exact !== undefined) return exact.address;
  const named = new Set(routers.filter(({ name }) => name === text).map(one => one.address));
  const [address, ...more] = named;
  if (address === undefined) {
    const known = [...new Set(routers.map(describeRouter))].toSorted().join(', ') || 'none';
    throw new SprueError('ROUTER_UNKNOWN', { router: text, known });
  }
  if (more.length > 0) {
    throw new SprueError('ROUTER_AMBIGUOUS', { router: text, addresses: [...named].join(', ') });
  }
  return address;
}

function describeRouter({ name, address }: NamedRouter): string {
  return name === '' ? address : `${name} (${address})`;
}
