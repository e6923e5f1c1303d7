import type { HopSide } from '../../proto/hop-table.ts';
import type { Flow, MapElement, SocketAddress } from '../../proto/trace.ts';

/** The same connection, seen from the other end. */
export function reversed({ source, destination }: Flow): Flow {
  return { source: destination, destination: source };
}

export function sameAddress(left: SocketAddress, right: SocketAddress): boolean {
  return left.port === right.port && plainHost(left.host) === plainHost(right.host);
}

export function sameFlow(left: Flow, right: Flow): boolean {
  return sameAddress(left.source, right.source) && sameAddress(left.destination, right.destination);
}

export function changedSides(before: Flow, after: Flow): ('source' | 'destination')[] {
  return (['source', 'destination'] as const).filter(
    side => !sameAddress(before[side], after[side]),
  );
}

/** `192.0.2.2:80`, `[2001:db8::1]:80`; port 0 is one that nobody knows: `192.0.2.2:?`. */
export function formatAddress({ host, port }: SocketAddress): string {
  const plain = plainHost(host);
  return `${plain.includes(':') ? `[${plain}]` : plain}:${port === 0 ? '?' : port}`;
}

export function formatFlow({ source, destination }: Flow): string {
  return `${formatAddress(source)} → ${formatAddress(destination)}`;
}

export function flowSide(flow: Flow): HopSide {
  return { type: 'flow', source: flow.source, destination: flow.destination };
}

export function textSide(text: string): HopSide {
  return { type: 'text', text };
}

/** `map ports: tcp . 61001 → 10.254.0.2 . 8080`; the table's name is in the commands. */
export function elementText({ map, key, value }: MapElement): string {
  return `map ${map.split(' ').at(-1)}: ${key} → ${value}`;
}

/** A socket that takes both families shows IPv4 as `::ffff:192.0.2.2` (RFC 4291 §2.5.5.2). */
function plainHost(host: string): string {
  return host.replace(/^::ffff:(?=\d+\.)/i, '');
}
