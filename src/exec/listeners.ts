import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface Listener {
  readonly port: number;
  readonly inode: string;
}

/** State LISTEN in proc(5) `/proc/net/tcp`. */
const LISTEN = '0A';

/** TCP sockets that listen in this network namespace, on any address. */
export function listTcpListeners(): Listener[] {
  return ['/proc/net/tcp', '/proc/net/tcp6'].flatMap(path => {
    try {
      return parseListeners(readFileSync(path, 'utf8'));
    } catch {
      return []; // no IPv6
    }
  });
}

/** Pure part of {@link listTcpListeners}. */
export function parseListeners(table: string): Listener[] {
  return table
    .split('\n')
    .slice(1)
    .map(line => line.trim().split(/\s+/))
    .filter(fields => fields[3] === LISTEN)
    .map(fields => ({
      port: Number.parseInt((fields[1] ?? '').split(':')[1] ?? '', 16),
      inode: fields[9] ?? '',
    }));
}

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
