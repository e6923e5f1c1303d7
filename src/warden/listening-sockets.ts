import { readFile } from 'node:fs/promises';

export interface ListeningSocket {
  /** In the usual notation, for example `0.0.0.0`, `127.0.0.1`, `::`. */
  readonly address: string;
  readonly port: number;
  readonly inode: number;
}

const LISTEN = '0A'; // TCP_LISTEN of linux/net/tcp_states.h

/**
 * TCP sockets that listen in the network namespace of a process, seen from outside the container.
 * Empty when the process has ended.
 */
export async function listeningSockets(pid: number): Promise<readonly ListeningSocket[]> {
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map(name => readFile(`/proc/${pid}/net/${name}`, 'utf8').catch(() => '')),
  );
  return tables.flatMap(parseSocketTable);
}

/** Parses proc(5) `/proc/net/tcp` and `tcp6`: one line per socket behind one line of headings. */
export function parseSocketTable(table: string): readonly ListeningSocket[] {
  return table
    .split('\n')
    .slice(1)
    .map(line => line.trim().split(/\s+/))
    .filter(fields => fields[3] === LISTEN)
    .map(([, local = '', , , , , , , , inode]) => {
      const [address = '', port = ''] = local.split(':');
      return {
        address: formatAddress(address),
        port: Number.parseInt(port, 16),
        inode: Number(inode),
      };
    });
}

/** The kernel prints addresses as 32-bit words in the machine's byte order: little-endian. */
function formatAddress(hex: string): string {
  const words = hex.match(/.{8}/g) ?? [];
  const bytes = Buffer.concat(words.map(word => Buffer.from(word, 'hex').reverse()));
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2));
  const mapped = groups.slice(0, 5).every(group => group === 0) && groups[5] === 0xffff;
  if (mapped) return `::ffff:${bytes.subarray(12).join('.')}`;
  const text = groups.map(group => group.toString(16)).join(':');
  return new URL(`http://[${text}]`).hostname.slice(1, -1); // the shortest form, RFC 5952
}
