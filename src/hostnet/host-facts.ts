import { type Cidr, cidrRange, type Ipv4, ipv4FromNumber } from '../core/address.ts';
import { SprueError } from '../core/errors.ts';
import type { LocalAddress, Route } from './ip.ts';
import { VETH_PREFIX } from './names.ts';

/**
 * The MTU of the interface that carries the host's address; the pairs get the same.
 * @throws SprueError `HOST_ADDRESS_NOT_LOCAL` when no interface but the loopback has the address.
 */
export function uplinkMtuBytes(hostAddress: Ipv4, addresses: readonly LocalAddress[]): number {
  const dialable = addresses.filter(
    ({ interfaceName, address }) =>
      !address.startsWith('127.') && !interfaceName.startsWith(VETH_PREFIX),
  );
  const uplink = dialable.find(({ address }) => address === hostAddress);
  if (uplink === undefined) {
    throw new SprueError('HOST_ADDRESS_NOT_LOCAL', {
      address: hostAddress,
      available: dialable.map(({ address }) => address).join(', ') || 'there is none',
    });
  }
  return Math.min(uplink.mtuBytes, MAX_MTU_BYTES); // an address on lo brings 65536
}

const MAX_MTU_BYTES = 9000;

/** Networks that this machine knows without us: those of its addresses and those of its routes. */
export function takenNetworks(
  addresses: readonly LocalAddress[],
  routes: readonly Route[],
): Cidr[] {
  const foreign = (interfaceName: string | undefined) => !interfaceName?.startsWith(VETH_PREFIX);
  return [
    ...addresses
      .filter(({ interfaceName }) => foreign(interfaceName))
      .map(({ address, prefixBits }) => networkOf(`${address}/${prefixBits}`)),
    ...routes
      .filter(({ interfaceName, destination }) => foreign(interfaceName) && /^\d/.test(destination))
      .map(({ destination }) =>
        networkOf(destination.includes('/') ? destination : `${destination}/32`),
      ),
  ];
}

function networkOf(text: string): Cidr {
  const bits = text.slice(text.indexOf('/') + 1);
  return `${ipv4FromNumber(cidrRange(text as Cidr).first)}/${bits}` as Cidr;
}
