import {
  type Cidr,
  cidrRange,
  type Ipv4,
  ipv4FromNumber,
  ipv4ToNumber,
} from '../../core/address.ts';
import { SprueError } from '../../core/errors.ts';
import type { EdgeLease } from '../../proto/edge.ts';

/** Edges that hold floating IPs. */
export type Holder = Pick<EdgeLease, 'id'> & {
  readonly floating: NonNullable<EdgeLease['floating']>;
};

export function holdersAmong(edges: readonly EdgeLease[]): Holder[] {
  return edges.flatMap(({ id, floating }) => (floating ? [{ id, floating }] : []));
}

export function holderOf(address: Ipv4, holders: readonly Holder[]): Holder | undefined {
  const number = ipv4ToNumber(address);
  return holders.find(({ floating }) =>
    floating.pool.some(network => {
      const { first, last } = cidrRange(network);
      return first <= number && number <= last;
    }),
  );
}

/**
 * Checks that an address can be a floating IP. Pure.
 * @throws SprueError `EDGE_MISSING`, `FLOATING_IP_OUTSIDE_POOL`, `FLOATING_IP_RESERVED`
 */
export function checkPoolAddress(address: Ipv4, holders: readonly Holder[]): void {
  const pools = poolsText(holders);
  const holder = holderOf(address, holders);
  if (holder === undefined) throw new SprueError('FLOATING_IP_OUTSIDE_POOL', { address, pools });
  const why = reservedFor(address, holders);
  if (why !== undefined) throw new SprueError('FLOATING_IP_RESERVED', { address, why });
}

/**
 * Addresses to allocate, the next free one first. The first and the last of a network, which may have
 * a meaning of their own, only when somebody asks for them by name. Pure.
 */
export function* freeAddresses(
  holders: readonly Holder[],
  isTaken: (address: Ipv4) => boolean,
): Generator<Ipv4> {
  for (const { floating } of holders) {
    for (const network of floating.pool) {
      for (const address of hostsOf(network)) {
        if (!isTaken(address) && reservedFor(address, holders) === undefined) yield address;
      }
    }
  }
}

/** For messages. @throws SprueError `EDGE_MISSING` when there is no pool */
export function poolsText(holders: readonly Holder[]): string {
  const pools = holders.flatMap(({ floating }) => floating.pool);
  if (pools.length === 0) throw new SprueError('EDGE_MISSING', { what: 'with floating IPs' });
  return pools.join(', ');
}

export function poolSize(network: Cidr): number {
  const { first, last } = cidrRange(network);
  return last - first + 1;
}

const SMALLEST_WITH_ENDS = 4;

function* hostsOf(network: Cidr): Generator<Ipv4> {
  const { first, last } = cidrRange(network);
  const margin = poolSize(network) >= SMALLEST_WITH_ENDS ? 1 : 0;
  for (let number = first + margin; number <= last - margin; number++) {
    yield ipv4FromNumber(number);
  }
}

function reservedFor(address: Ipv4, holders: readonly Holder[]): string | undefined {
  const edge = holders.find(
    ({ floating }) => floating.outsideAddress === address || floating.insideAddress === address,
  );
  return edge && `the edge ${edge.id}’s own address`;
}
