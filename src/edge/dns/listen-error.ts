import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { ErrorCode } from '../../core/error-table.ts';
import { type ErrorDetails, SprueError } from '../../core/errors.ts';
import {
  describeSocketOwner,
  type Listener,
  listTcpListeners,
  listUdpListeners,
} from '../../exec/listeners.ts';

export interface DnsSocket {
  readonly transport: 'UDP' | 'TCP';
  readonly address: string;
  readonly port: number;
}

/** What the kernel's refusal of a socket means to the person who wanted it. */
export function listenError(thrown: unknown, wanted: DnsSocket): SprueError {
  const address = formatSocket(wanted);
  const error = (code: ErrorCode, details: ErrorDetails) =>
    new SprueError(code, details, { cause: thrown });
  switch ((thrown as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE': {
      const holder = holderOf(wanted) ?? 'another program';
      return error('DNS_PORT_TAKEN', { address, holder, transport: wanted.transport });
    }
    case 'EACCES':
      return error('DNS_PORT_FORBIDDEN', { address });
    case 'EADDRNOTAVAIL':
      return error('ADDRESS_NOT_LOCAL', { received: wanted.address, own: ownAddresses() });
    default:
      return error('LISTEN_FAILED', { address, reason: (thrown as Error).message });
  }
}

function formatSocket({ address, port }: DnsSocket): string {
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}

function holderOf(wanted: DnsSocket): string | undefined {
  const listeners = wanted.transport === 'UDP' ? listUdpListeners() : listTcpListeners();
  const holder = listeners.find(
    listener => listener.port === wanted.port && covers(listener, wanted.address),
  );
  return holder && describeSocketOwner(holder.inode);
}

const EVERY_ADDRESS = /^[0.:]+$/;

/** Whether a socket that is there keeps another from being bound to an address. */
function covers({ address }: Listener, wanted: string): boolean {
  return EVERY_ADDRESS.test(address) || canonical(address) === canonical(wanted);
}

function canonical(address: string): string {
  return isIPv6(address) ? new URL(`http://[${address.replace(/%.*$/, '')}]`).hostname : address;
}

function ownAddresses(): string {
  return Object.values(networkInterfaces())
    .flatMap(addresses => addresses ?? [])
    .map(({ address }) => address)
    .join(', ');
}
