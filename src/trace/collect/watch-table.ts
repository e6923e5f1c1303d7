import type { Flow } from '../../proto/trace.ts';

/** Which first packets to follow through the rules. */
export type WatchScope =
  /** New connections to host ports, but not to those of apps that nobody traces. */
  | { readonly type: 'host-ports'; readonly otherPorts: readonly number[]; readonly forMs: number }
  /** Exactly these connections. */
  | { readonly type: 'flows'; readonly flows: readonly WatchedFlow[] };

export interface WatchedFlow {
  readonly flow: Flow;
  readonly forMs: number;
}

/** Local UDP port that packets are sent from, to see when `nft monitor trace` hears. */
export type CanaryPort = number;

/** UDP port 9 is “discard” (RFC 863). Nothing arrives there: the rule drops it. */
export const CANARY_DESTINATION_PORT = 9;

/** Host ports of containers; the kernel's own choice of ports ends below. */
const HOST_PORTS = '61001-65534';
/** A flood of new connections must not become a flood of trace messages. */
const MAX_SYNS_PER_SECOND = 500;

/**
 * The table that marks first packets for tracing, as one transaction that replaces what there was.
 * What it marks ends by itself, in the kernel, when the time is up: elements have time-outs.
 */
export function formatWatchTable(table: string, scope: WatchScope, canary: CanaryPort): string {
  return `add table ${table}
delete table ${table}
table ${table} {
${scope.type === 'flows' ? flowRules(scope.flows) : hostPortRules(scope)}

  # Before everything else, also before connection tracking.
  chain arriving {
    type filter hook prerouting priority -350; policy accept;
    iifname != "lo" jump watch
  }

  chain own {
    type filter hook output priority -350; policy accept;
    oifname "lo" udp sport ${canary} udp dport ${CANARY_DESTINATION_PORT} meta nftrace set 1 drop
    jump watch
  }
}
`;
}

export function formatRemoval(table: string): string {
  return `add table ${table}\ndelete table ${table}\n`;
}

const FIRST_PACKET = 'tcp flags & (fin | syn | rst | ack) == syn';
/** Counted, because then a packet that nobody saw may have come nevertheless. */
const BOUND = `limit rate over ${MAX_SYNS_PER_SECOND}/second burst ${MAX_SYNS_PER_SECOND} packets counter name missed return`;

function hostPortRules({ otherPorts, forMs }: Extract<WatchScope, { type: 'host-ports' }>): string {
  return `  counter missed { }
  set armed { type inet_proto; flags timeout; elements = { tcp timeout ${seconds(forMs)} }; }
  set others { type inet_service;${elements(otherPorts.map(String))} }

  chain watch {
    meta l4proto != @armed return
    tcp dport != ${HOST_PORTS} return
    ${FIRST_PACKET} jump count
  }

  chain count {
    tcp dport @others return
    ${BOUND}
    meta nftrace set 1
  }`;
}

function flowRules(flows: readonly WatchedFlow[]): string {
  const formatted = flows.map(({ flow: { source, destination }, forMs }) => {
    const tuple = [source.host, source.port, destination.host, destination.port].join(' . ');
    return `${tuple} timeout ${seconds(forMs)}`;
  });
  return `  counter missed { }
  set flows { type ipv4_addr . inet_service . ipv4_addr . inet_service; flags timeout;${elements(formatted)} }

  chain watch {
    ip saddr . tcp sport . ip daddr . tcp dport @flows ${FIRST_PACKET} meta nftrace set 1
  }`;
}

function elements(list: readonly string[]): string {
  return list.length === 0 ? '' : ` elements = { ${list.join(', ')} };`;
}

function seconds(ms: number): string {
  return `${Math.max(1, Math.ceil(ms / 1_000))}s`;
}
