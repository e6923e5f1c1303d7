import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { type DecodedPacket, decode, encode, type Packet, streamEncode } from 'dns-packet';
import type { DnsRecord, SocketAddress } from '../../proto/trace.ts';
import { exchangeTcp } from './exchange-tcp.ts';

/** What one name server said. */
export interface NameAnswer {
  /** `NOERROR`, `NXDOMAIN`, …; `TIMEOUT` and `UNREACHABLE` when it said nothing. */
  readonly code: string;
  readonly authoritative: boolean;
  readonly answers: readonly DnsRecord[];
  readonly ms: number;
}

const TIMEOUT_MS = 2_000;

/** Asks for the IPv4 addresses of a name: over UDP, and again over TCP when the answer was cut. */
export async function askNameServer(server: SocketAddress, name: string): Promise<NameAnswer> {
  const startedMs = performance.now();
  const id = randomInt(65_536);
  const query: Packet = { type: 'query', id, flags: 0x0100, questions: [{ type: 'A', name }] };
  try {
    let packet = decode(await exchangeUdp(server, encode(query), id));
    if (packet.flag_tc) {
      packet = decode(await exchangeTcp(server, streamEncode(query), TIMEOUT_MS));
    }
    return { ...read(packet), ms: performance.now() - startedMs };
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    const ms = performance.now() - startedMs;
    return {
      code: code === 'ETIMEDOUT' ? 'TIMEOUT' : 'UNREACHABLE',
      authoritative: false,
      answers: [],
      ms,
    };
  }
}

function read(packet: DecodedPacket): Omit<NameAnswer, 'ms'> {
  return {
    code: codeOf(packet),
    authoritative: packet.flag_aa,
    answers: (packet.answers ?? []).flatMap(answer =>
      answer.type === 'A' || answer.type === 'CNAME'
        ? [
            {
              name: answer.name,
              type: answer.type,
              data: answer.data,
              ttlSeconds: answer.ttl ?? 0,
            },
          ]
        : [],
    ),
  };
}

/** RFC 1035 §4.1.1, RFC 2136 §2.2; the rest has a number only. */
const CODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];

function codeOf({ flags = 0 }: DecodedPacket): string {
  const code = flags & 0xf;
  return CODES[code] ?? `RCODE${code}`;
}

function exchangeUdp({ host, port }: SocketAddress, query: Buffer, id: number): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  const timer = setTimeout(
    () => reject(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })),
    TIMEOUT_MS,
  );
  socket.once('error', reject);
  // Connected: the kernel then passes on datagrams of this server only, and its refusal.
  socket.connect(port, host, () => socket.send(query));
  socket.on('message', message => {
    if (message.length >= 12 && message.readUInt16BE(0) === id) resolve(message);
  });
  return promise.finally(() => {
    clearTimeout(timer);
    socket.close();
  });
}
