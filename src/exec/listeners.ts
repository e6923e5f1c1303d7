import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

export interface Listener {
  /** In the usual notation (RFC 5952), e.g. `0.0.0.0`, `127.0.0.1`, `::`, `::ffff:127.0.0.1`. */
  readonly address: string;
  readonly port: number;
  readonly inode: string;
}

/** States in proc(5) `/proc/net/tcp` and `/proc/net/udp`: LISTEN; bound without a peer. */
const LISTEN = '0A';
const UNCONNECTED = '07';

/** TCP sockets that listen in this network namespace, on any address. */
export function listTcpListeners(): Listener[] {
  return readTables(['/proc/net/tcp', '/proc/net/tcp6'], LISTEN);
}

/** UDP sockets that take datagrams from anybody in this network namespace, on any address. */
export function listUdpListeners(): Listener[] {
  return readTables(['/proc/net/udp', '/proc/net/udp6'], UNCONNECTED);
}

/**
 * TCP sockets that listen in the network namespace of a process, seen from outside of it. Empty when
 * the process has ended.
 */
export async function listTcpListenersOf(pid: number): Promise<Listener[]> {
  const paths = ['tcp', 'tcp6'].map(name => `/proc/${pid}/net/${name}`);
  const tables = await Promise.all(paths.map(path => readFile(path, 'utf8').catch(() => '')));
  return tables.flatMap(table => parseListeners(table));
}

function readTables(paths: readonly string[], state: string): Listener[] {
  return paths.flatMap(path => {
    try {
      return parseListeners(readFileSync(path, 'utf8'), state);
    } catch {
      return []; // no IPv6
    }
  });
}

/** Parses proc(5) `/proc/net/tcp` and the like: one line per socket behind one line of headings. */
export function parseListeners(table: string, state = LISTEN): Listener[] {
  return table
    .split('\n')
    .slice(1)
    .map(line => line.trim().split(/\s+/))
    .filter(fields => fields[3] === state)
    .map(fields => {
      const [address = '', port = ''] = (fields[1] ?? '').split(':');
      return {
        address: parseAddress(address),
        port: Number.parseInt(port, 16),
        inode: fields[9] ?? '',
      };
    });
}

/** Addresses stand there as 32-bit words in the machine's byte order, which is little-endian. */
function parseAddress(hex: string): string {
  const bytes = Buffer.from(hex, 'hex').swap32();
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.subarray(0, 12).equals(MAPPED_PREFIX)) return `::ffff:${bytes.subarray(12).join('.')}`;
  const groups = bytes.toString('hex').match(/.{4}/g)?.join(':') ?? '';
  return new URL(`http://[${groups}]`).hostname.slice(1, -1); // the shortest form
}

/** What an IPv4 address is written behind in an IPv6 one (RFC 4291 §2.5.5.2). */
const MAPPED_PREFIX = Buffer.from('00000000000000000000ffff', 'hex');

/** Name and pid of the process that holds a socket, e.g. `nginx (pid 812)`, when it can be told. */
export function describeSocketOwner(inode: string): string | undefined {
  const wanted = `socket:[${inode}]`;
  for (const pid of readdirSync('/proc').filter(name => /^\d+$/.test(name))) {
    if (holds(pid, wanted)) return `${commandName(pid)} (pid ${pid})`;
  }
  return undefined;
}

function holds(pid: string, wanted: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some(
      fd => linkTarget(`/proc/${pid}/fd/${fd}`) === wanted,
    );
  } catch {
    return false; // ended meanwhile
  }
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function commandName(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return 'a process';
  }
}
