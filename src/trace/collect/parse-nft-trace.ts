import type { Flow } from '../../proto/trace.ts';

/** One line of `nft monitor trace`. */
export interface NftTraceLine {
  /** The kernel's id of the packet. It is used again for other packets, soon. */
  readonly id: string;
  /** Family and name, e.g. `inet sprue`. */
  readonly table: string;
  readonly chain: string;
  readonly event:
    | { readonly type: 'packet'; readonly flow: Flow; readonly udpBytes?: number }
    | {
        readonly type: 'rule' | 'policy' | 'verdict';
        readonly text: string;
        readonly drops: boolean;
      };
}

const LINE = /^trace id ([0-9a-f]+) (\S+ \S+) (\S+) (packet:|rule|policy|verdict) (.*)$/;
const PACKET =
  /\bip saddr (\S+) ip daddr (\S+) .*\b(?:tcp|udp) sport (\d+) (?:tcp|udp) dport (\d+)\b/;

const UDP_HEADER_BYTES = 8;

/** `undefined` for a line of another kind, such as a packet that is neither TCP nor UDP. */
export function parseNftTraceLine(line: string): NftTraceLine | undefined {
  const [, id = '', table = '', chain = '', kind, text = ''] = LINE.exec(line) ?? [];
  if (kind === undefined) return undefined;
  if (kind === 'packet:') {
    const flow = parsePacket(text);
    if (flow === undefined) return undefined;
    const length = /\budp length (\d+)/.exec(text)?.[1];
    const udpBytes = length === undefined ? {} : { udpBytes: Number(length) - UDP_HEADER_BYTES };
    return { id, table, chain, event: { type: 'packet', flow, ...udpBytes } };
  }
  const type = kind as 'rule' | 'policy' | 'verdict';
  const drops = type === 'rule' ? text.endsWith('(verdict drop)') : /^drop\b/.test(text);
  const plain = text.replace(/ \(verdict [^)]*\)$/, '').trimEnd();
  return { id, table, chain, event: { type, text: plain, drops } };
}

function parsePacket(text: string): Flow | undefined {
  const [, saddr, daddr, sport, dport] = PACKET.exec(text) ?? [];
  if (saddr === undefined || daddr === undefined) return undefined;
  return {
    source: { host: saddr, port: Number(sport) },
    destination: { host: daddr, port: Number(dport) },
  };
}
