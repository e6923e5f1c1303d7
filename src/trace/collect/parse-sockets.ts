import type { Flow, SocketAddress } from '../../proto/trace.ts';

/** One line of `ss -Htane`. */
export interface SocketLine {
  /** `LISTEN`, `ESTAB`, `TIME-WAIT`, … */
  readonly state: string;
  /** Of a listener: connections that wait. Else: bytes that the process has not read. */
  readonly receiveQueue: number;
  /** Of a listener: how many may wait. Else: bytes that the other side has not confirmed. */
  readonly sendQueue: number;
  readonly local: SocketAddress;
  readonly peer: SocketAddress;
  /** `undefined` when no process holds it any more. */
  readonly inode: number | undefined;
}

export function parseSocketLines(text: string): SocketLine[] {
  return text.split('\n').flatMap(line => {
    const [state, receiveQueue, sendQueue, local, peer, ...rest] = line.trim().split(/\s+/);
    if (state === undefined || local === undefined || peer === undefined) return [];
    const inode = Number(/\bino:(\d+)/.exec(rest.join(' '))?.[1] ?? 0);
    return {
      state,
      receiveQueue: Number(receiveQueue),
      sendQueue: Number(sendQueue),
      local: parseAddress(local),
      peer: parseAddress(peer),
      inode: inode === 0 ? undefined : inode,
    };
  });
}

/** As the packets go that come to `socket`. */
export function flowTo({ local, peer }: SocketLine): Flow {
  return { source: peer, destination: local };
}

/** `*` means both families; an interface (`%eth0`) is left out. */
function parseAddress(text: string): SocketAddress {
  const colon = text.lastIndexOf(':');
  const host = text
    .slice(0, colon)
    .replace(/%.*$/, '')
    .replace(/^\[|\]$/g, '')
    .replace(/^::ffff:(?=\d+\.)/, '');
  return { host: host === '*' ? '::' : host, port: Number(text.slice(colon + 1)) || 0 };
}
