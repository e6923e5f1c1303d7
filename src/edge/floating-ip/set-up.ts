import { type Cidr, cidrRange, type Ipv4, ipv4FromNumber } from '../../core/address.ts';
import { SprueError } from '../../core/errors.ts';
import { type LocalAddress, listAddresses } from '../../hostnet/ip.ts';
import { readSysctl, writeSysctl } from '../../hostnet/sysctl.ts';
import type { FloatingOptions } from '../edge-options.ts';
import type { TableView } from './inspect.ts';
import { ownerIn } from './ruleset.ts';

export const IP_FORWARD = 'net.ipv4.ip_forward';

/** The edge's two sides, as the kernel has them. */
export interface Sides {
  readonly outsideInterface: string;
  readonly insideInterface: string;
  readonly insideNetworks: readonly Cidr[];
}

/** @throws SprueError `ADDRESS_NOT_LOCAL`, `EDGE_INTERFACES_EQUAL` */
export async function findSides(options: FloatingOptions): Promise<Sides> {
  const addresses = await listAddresses();
  const { outsideAddress, insideAddress, insideNetworks } = options;
  const outside = localAddress(outsideAddress, addresses);
  const inside = localAddress(insideAddress, addresses);
  if (outside.interfaceName === inside.interfaceName) {
    throw new SprueError('EDGE_INTERFACES_EQUAL', {
      outside: outsideAddress,
      inside: insideAddress,
      interface: inside.interfaceName,
    });
  }
  return {
    outsideInterface: outside.interfaceName,
    insideInterface: inside.interfaceName,
    insideNetworks: insideNetworks ?? [networkOf(inside)],
  };
}

/** @throws SprueError `EDGE_TABLE_OWNED` when there is such a table and it is not this edge's */
export function assertTableOf({ rules, comment }: TableView, edgeId: string): void {
  if (rules === undefined || ownerIn(comment) === edgeId) return;
  const owner = ownerIn(comment);
  throw new SprueError('EDGE_TABLE_OWNED', {
    owner: owner === undefined ? 'another program' : `the edge ${owner}`,
  });
}

/**
 * Lets the kernel pass packets on between the two sides.
 * @param remember is told what it was before, ahead of the change
 */
export async function enableForwarding(remember: (before: '0') => Promise<void>): Promise<void> {
  if ((await readSysctl(IP_FORWARD)) === '1') return;
  await remember('0');
  await writeSysctl(IP_FORWARD, '1');
}

function localAddress(address: Ipv4, addresses: readonly LocalAddress[]): LocalAddress {
  const found = addresses.find(local => local.address === address);
  if (found !== undefined) return found;
  const own = addresses.map(local => local.address).join(', ') || 'none';
  throw new SprueError('ADDRESS_NOT_LOCAL', { received: address, own });
}

function networkOf({ address, prefixBits }: LocalAddress): Cidr {
  const { first } = cidrRange(`${address}/${prefixBits}` as Cidr);
  return `${ipv4FromNumber(first)}/${prefixBits}` as Cidr;
}
