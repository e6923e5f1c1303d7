import { networkInterfaces } from 'node:os';
import { isAbsolute, resolve } from 'node:path';
import { type Ipv4, type Port, parseIpv4, parsePort } from '../core/address.ts';
import { SprueError } from '../core/errors.ts';

/** What `sprue up` was asked for, parsed. */
export interface UpOptions {
  /** Apps get `<name>.<domain>`, the API `api.<domain>`. */
  readonly domain: string;
  /** The router's port on every address of this machine. */
  readonly httpPort: Port;
  readonly stateDir: string;
  /** The address that endpoints carry: where routers find this machine's instances. */
  readonly address: Ipv4;
}

/** The same as the command line gives it. */
export interface RawUpOptions {
  readonly domain?: string;
  readonly httpPort?: string;
  readonly stateDir?: string;
  readonly address?: string;
}

export const DEFAULT_DOMAIN = 'sprue.localhost';
export const DEFAULT_HTTP_PORT = '80';
export const DEFAULT_STATE_DIR = '/var/lib/sprue';

const DOMAIN =
  /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$/;

/** @throws SprueError `INVALID_DOMAIN`, `INVALID_ADDRESS`, `ADDRESS_NOT_LOCAL`, `NO_ADDRESS` */
export function parseUpOptions(raw: RawUpOptions): UpOptions {
  const domain = (raw.domain ?? DEFAULT_DOMAIN).toLowerCase();
  if (!DOMAIN.test(domain)) throw new SprueError('INVALID_DOMAIN', { received: domain });
  return {
    domain,
    httpPort: parsePort(raw.httpPort ?? DEFAULT_HTTP_PORT),
    stateDir: resolveStateDir(raw.stateDir),
    address: raw.address === undefined ? ownAddress() : localAddress(raw.address),
  };
}

export function resolveStateDir(stateDir = DEFAULT_STATE_DIR): string {
  return isAbsolute(stateDir) ? stateDir : resolve(stateDir);
}

function localAddress(text: string): Ipv4 {
  const address = parseIpv4(text);
  const own = localAddresses();
  if (own.includes(address)) return address;
  throw new SprueError('ADDRESS_NOT_LOCAL', { received: address, own: own.join(', ') || 'none' });
}

/** The first address that is not loopback's and not one of our containers' gateways. */
function ownAddress(): Ipv4 {
  const [address] = localAddresses();
  if (address === undefined) throw new SprueError('NO_ADDRESS');
  return address;
}

function localAddresses(): Ipv4[] {
  return Object.entries(networkInterfaces())
    .filter(([name]) => !name.startsWith('w-'))
    .flatMap(([, addresses]) => addresses ?? [])
    .filter(
      ({ family, internal, address }) =>
        family === 'IPv4' && !internal && !address.startsWith('169.254.'),
    )
    .map(({ address }) => parseIpv4(address));
}
