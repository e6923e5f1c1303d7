import type { Cidr, Ipv4, Port } from '../../core/address.ts';

export const TABLE = 'inet sprue-edge';

/** What the rule set depends on. Nothing in here is about a single floating IP. */
export interface RulesetInput {
  /** Whom the table belongs to; see {@link ownerIn}. */
  readonly edgeId: string;
  readonly outsideInterface: string;
  readonly insideAddress: Ipv4;
  /** Networks behind the edge. */
  readonly insideNetworks: readonly Cidr[];
  /** TCP ports that are let through. */
  readonly ports: readonly Port[];
}

/** Id of the edge in our table's comment; `undefined` when the table is not one of ours. */
export function ownerIn(comment: string): string | undefined {
  return /^sprue edge (\S+)$/.exec(comment)?.[1];
}

/** Why packets were dropped or refused. They survive a reload. */
export const COUNTERS = ['spoofed', 'not_served', 'from_outside'] as const;

/**
 * The whole rule set as one transaction. Loading it again replaces the rules in one step that no
 * packet sees and leaves elements, counters and connections alone. Its size does not depend on the
 * number of floating IPs: each is one element of `floating`, one of `to_router`, and the first of a
 * router's one of `to_floating`.
 *
 * Only the first packet of a connection meets the maps; the kernel's connection tracking does the
 * same to all others, and the reverse to the answers. So a changed map changes new connections only.
 */
export function formatRuleset(input: RulesetInput): string {
  return `add table ${TABLE} { comment "sprue edge ${input.edgeId}"; }
flush table ${TABLE}
table ${TABLE} {
${COUNTERS.map(name => `  counter ${name} { }`).join('\n')}
${SETS}
}
flush set ${TABLE} served
flush set ${TABLE} inside
table ${TABLE} {
${chains(input)}
}
${input.ports.map(port => `add element ${TABLE} served { ${port} }\n`).join('')}${input.insideNetworks
  .map(network => `add element ${TABLE} inside { ${network} }\n`)
  .join('')}`;
}

const SETS = `
  # per floating IP: all that are held, those that lead to a router, and each router's own way out
  set floating { type ipv4_addr; }
  map to_router { type ipv4_addr : ipv4_addr; }
  map to_floating { type ipv4_addr : ipv4_addr; }

  # the platform's
  set served { type inet_service; }
  set inside { type ipv4_addr; flags interval; auto-merge; }
`;

function chains({ outsideInterface, insideAddress }: RulesetInput): string {
  const outside = `"${outsideInterface}"`;
  return `
  # Nobody outside has an address of ours.
  chain from_outside_raw {
    type filter hook prerouting priority raw; policy accept;
    iifname ${outside} ip saddr @inside counter name spoofed drop
  }

  # Floating IP -> router. The client's address stays as it is.
  chain to_routers {
    type nat hook prerouting priority dstnat; policy accept;
    tcp dport @served dnat ip to ip daddr map @to_router
    icmp type echo-request dnat ip to ip daddr map @to_router
  }

  # The same for this machine itself.
  chain own_to_routers {
    type nat hook output priority -100; policy accept;
    tcp dport @served dnat ip to ip daddr map @to_router
    icmp type echo-request dnat ip to ip daddr map @to_router
  }

  # What still has a floating IP as its destination here is not served, or leads to no router. It
  # must not reach what listens on this machine.
  chain to_edge {
    type filter hook input priority filter; policy accept;
    ct state established,related accept
    ip daddr @floating counter name not_served goto refuse
  }

  # From outside only by a floating IP. All else that is forwarded is the business of other tables.
  chain forwarded {
    type filter hook forward priority filter; policy accept;
    iifname != ${outside} accept
    ct state established,related accept
    ct status dnat accept
    ip daddr @inside counter name from_outside goto refuse
  }

  # Quickly, so that nobody waits for a time-out. A reset is not rate-limited; ICMP errors are.
  chain refuse {
    meta l4proto tcp reject with tcp reset
    reject with icmpx admin-prohibited
  }

  chain sources {
    type nat hook postrouting priority srcnat; policy accept;
    # A host inside calls a floating IP. The router would answer it directly, past the NAT, if it
    # saw that host's address.
    ct original ip daddr @floating ip saddr @inside ip daddr @inside snat ip to ${insideAddress}
    # A router's own connections to the outside have its floating IP.
    oifname ${outside} snat ip to ip saddr map @to_floating
  }
`;
}
