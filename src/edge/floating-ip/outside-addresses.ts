import { type Cidr, cidrRange, type Ipv4, ipv4ToNumber } from '../../core/address.ts';
import { reasonOf } from '../../core/errors.ts';
import { run } from '../../exec/run.ts';
import type { LocalAddress } from '../../hostnet/ip.ts';
import { tool } from '../../hostnet/tool.ts';

export interface OursInput {
  readonly addresses: readonly LocalAddress[];
  readonly outsideInterface: string;
  readonly outsideAddress: Ipv4;
  readonly pool: readonly Cidr[];
  /** What our table says we hold. */
  readonly floating: ReadonlySet<Ipv4>;
}

/**
 * The addresses that an edge has put on its outside interface: single ones (/32) of the pool, or of
 * an older pool that the table remembers. Nobody else's, so that nobody else's is ever removed.
 */
export function oursAmong(input: OursInput): Set<Ipv4> {
  const { addresses, outsideInterface, outsideAddress, pool, floating } = input;
  return new Set(
    addresses
      .filter(
        ({ interfaceName, prefixBits }) => interfaceName === outsideInterface && prefixBits === 32,
      )
      .map(({ address }) => address as Ipv4)
      .filter(address => address !== outsideAddress)
      .filter(address => floating.has(address) || isInPool(address, pool)),
  );
}

export function isInPool(address: Ipv4, pool: readonly Cidr[]): boolean {
  const number = ipv4ToNumber(address);
  return pool.some(network => {
    const { first, last } = cidrRange(network);
    return first <= number && number <= last;
  });
}

/** There already is success. */
export async function addAddress(address: Ipv4, interfaceName: string): Promise<void> {
  await ipAddress('add', address, interfaceName, /File exists/);
}

/** Absent is success. */
export async function removeAddress(address: Ipv4, interfaceName: string): Promise<void> {
  await ipAddress(
    'del',
    address,
    interfaceName,
    /Cannot assign requested address|Cannot find device/,
  );
}

async function ipAddress(
  verb: 'add' | 'del',
  address: Ipv4,
  interfaceName: string,
  harmless: RegExp,
): Promise<void> {
  try {
    await run([tool('ip'), 'address', verb, `${address}/32`, 'dev', interfaceName]);
  } catch (thrown) {
    if (!harmless.test(reasonOf(thrown))) throw thrown;
  }
}
