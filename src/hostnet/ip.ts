import { reasonOf } from '../core/errors.ts';
import { run } from '../exec/run.ts';
import { tool } from './tool.ts';

/** Runs `ip` commands, one per line, in one process; stops at the first that fails. */
export async function ipBatch(commands: string): Promise<void> {
  await run([tool('ip'), '-batch', '-'], { input: commands });
}

/** Runs all commands, also after one failed. @throws SprueError when any failed. */
export async function ipBatchForced(commands: readonly string[]): Promise<void> {
  if (commands.length === 0) return;
  await run([tool('ip'), '-force', '-batch', '-'], { input: `${commands.join('\n')}\n` });
}

/** Like {@link ipBatch}, inside a named network namespace. */
export async function ipBatchInNetns(netns: string, commands: string): Promise<void> {
  await run([tool('ip'), '-n', netns, '-batch', '-'], { input: commands });
}

/** Removes a namespace and with it the pair of interfaces. Absent is success. */
export async function removeNetns(netns: string): Promise<void> {
  try {
    await run([tool('ip'), 'netns', 'del', netns]);
  } catch (thrown) {
    if (!isAbsent(thrown)) throw thrown;
  }
}

/** Removes an interface of this namespace. Absent is success. */
export async function removeLink(name: string): Promise<void> {
  try {
    await run([tool('ip'), 'link', 'del', name]);
  } catch (thrown) {
    if (!isAbsent(thrown)) throw thrown;
  }
}

export interface Link {
  readonly name: string;
  readonly mtuBytes: number;
  readonly alias: string | undefined;
}

/** The interfaces of type veth in this namespace. A full dump: 29 ms with 1000 containers. */
export async function listVeths(): Promise<Link[]> {
  const links = await ipJson(['link', 'show', 'type', 'veth']);
  return links.map(link => ({
    name: String(link['ifname']),
    mtuBytes: Number(link['mtu']),
    alias: typeof link['ifalias'] === 'string' ? link['ifalias'] : undefined,
  }));
}

export interface LocalAddress {
  readonly interfaceName: string;
  readonly mtuBytes: number;
  readonly address: string;
  readonly prefixBits: number;
}

/** The IPv4 addresses of this machine. */
export async function listAddresses(): Promise<LocalAddress[]> {
  const links = await ipJson(['-4', 'address', 'show']);
  return links.flatMap(link =>
    (link['addr_info'] as Record<string, unknown>[]).map(info => ({
      interfaceName: String(link['ifname']),
      mtuBytes: Number(link['mtu']),
      address: String(info['local']),
      prefixBits: Number(info['prefixlen']),
    })),
  );
}

export interface Route {
  /** `default`, an address or a network. */
  readonly destination: string;
  readonly interfaceName: string | undefined;
}

/** The IPv4 routes of the main table. */
export async function listRoutes(): Promise<Route[]> {
  const routes = await ipJson(['-4', 'route', 'show']);
  return routes.map(route => ({
    destination: String(route['dst']),
    interfaceName: typeof route['dev'] === 'string' ? route['dev'] : undefined,
  }));
}

async function ipJson(args: readonly string[]): Promise<Record<string, unknown>[]> {
  const { stdout } = await run([tool('ip'), '-j', ...args]);
  return stdout.trim() === '' ? [] : JSON.parse(stdout);
}

/** iproute2's words for "there is no such namespace" and "there is no such interface". */
function isAbsent(thrown: unknown): boolean {
  return /No such file or directory|Cannot find device/.test(reasonOf(thrown));
}
