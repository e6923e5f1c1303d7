import type { Cidr, Ipv4, Port } from '../core/address.ts';
import type { EgressPolicy } from './egress-policy.ts';
import { VETH_PREFIX } from './names.ts';

export const TABLE = 'inet sprue';

/** What the rule set depends on. Nothing in here is about a single container. */
export interface RulesetInput {
  /** See {@link formatOwner}. */
  readonly owner: string;
  /** Other machines that may dial mapped ports: routers and DEA hosts. This machine always may. */
  readonly clients: readonly Cidr[];
  /** Containers may ask these on port 53, TCP and UDP. */
  readonly nameservers: readonly Ipv4[];
  /** The router's own address and ports: the only thing on this machine that containers reach. */
  readonly services: { readonly address: Ipv4; readonly ports: readonly Port[] };
  readonly policies: readonly EgressPolicy[];
}

/** The table's comment: which platform it belongs to. At most 128 bytes. */
export function formatOwner(tag: string, stateDir: string): string {
  return `sprue ${tag} ${stateDir.replace(/[^\w./-]/g, '?').slice(0, 100)}`;
}

/** Inverse of {@link formatOwner}; `undefined` when the comment is not ours. */
export function parseOwner(comment: string): { tag: string; stateDir: string } | undefined {
  const match = /^sprue ([0-9a-f]{12}) (\S+)$/.exec(comment);
  return match?.[1] && match[2] ? { tag: match[1], stateDir: match[2] } : undefined;
}

/**
 * The whole rule set as one transaction. Loading it again replaces the rules and the platform's own
 * sets in one step that no packet sees, and leaves the containers' elements and the counters alone.
 * Its size does not depend on the number of containers: what belongs to one of them is an element of
 * `ports` and one of `policies` (docs: `README.md` of this folder).
 */
export function formatRuleset(input: RulesetInput): string {
  return `add table ${TABLE} { comment "${input.owner}"; }
flush table ${TABLE}
table ${TABLE} {
${COUNTERS.map(name => `  counter ${name} { }`).join('\n')}
${SETS}
}
${PLATFORM_SETS.map(name => `flush set ${TABLE} ${name}`).join('\n')}
table ${TABLE} {
${CHAINS}
}
${platformElements(input)}`;
}

const OURS = `"${VETH_PREFIX}*"`;

/** Why packets were dropped or refused. They survive a reload, unlike counters inside rules. */
const COUNTERS = [
  'ipv6',
  'loopback',
  'spoofed',
  'to_host',
  'to_container',
  'to_denied',
  'to_unlisted',
  'too_many',
  'from_outside',
] as const;

/**
 * Connections of one container that the kernel may track at once, TIME_WAIT (2 min) included. Its table
 * has room for 262,144 (`kernel-limits.ts`); when it is full, nobody on the host can connect any more.
 */
export const MAX_CONNECTIONS = 16_384;

const PLATFORM_SETS = ['clients', 'nameservers', 'services', 'allow', 'allow_all', 'deny'] as const;

const SETS = `
  # per container
  map ports { type inet_proto . inet_service : ipv4_addr . inet_service; }
  map policies { type ifname : mark; }

  # what containers have begun themselves; the kernel drops addresses without connections
  set connections { type ipv4_addr; size 65536; flags dynamic; }

  # per policy: the mark is the policy's id
  set allow { type mark . ipv4_addr . inet_proto . inet_service; flags interval; }
  set allow_all { type mark . ipv4_addr; flags interval; }
  set deny { type mark . ipv4_addr; flags interval; }

  # the platform's
  set clients { type ipv4_addr; flags interval; auto-merge; }
  set nameservers { type ipv4_addr . inet_proto . inet_service; }
  set services { type ipv4_addr . inet_service; }
`;

const CHAINS = `
  # Before connection tracking: what a container sends must come from its own address. A source
  # whose route does not lead back through the same interface is dropped, without state per container.
  chain from_container_raw {
    type filter hook prerouting priority raw; policy accept;
    iifname != ${OURS} accept
    meta nfproto ipv6 counter name ipv6 drop
    ip daddr 127.0.0.0/8 counter name loopback drop
    fib saddr . iif oif missing counter name spoofed drop
  }

  # Host port -> container, for known clients. Everybody else meets a closed port.
  chain map_ports {
    type nat hook prerouting priority dstnat; policy accept;
    iifname ${OURS} accept
    ip saddr @clients fib daddr type local dnat ip to meta l4proto . th dport map @ports
  }

  # The same for this machine itself, where the router may run.
  chain map_own_ports {
    type nat hook output priority -100; policy accept;
    ip daddr 127.0.0.0/8 accept
    fib daddr type local dnat ip to meta l4proto . th dport map @ports
  }

  # Container -> this machine: the name server and the router, by which apps reach each other's URLs.
  chain to_host {
    type filter hook input priority filter; policy accept;
    iifname != ${OURS} accept
    ct state established,related accept
    jump limit_connections
    ip daddr . meta l4proto . th dport @nameservers accept
    meta l4proto tcp ip daddr . tcp dport @services accept
    counter name to_host goto refuse
  }

  # Traffic that has nothing to do with containers passes: it is the business of other tables.
  chain forwarded {
    type filter hook forward priority filter; policy accept;
    iifname ${OURS} goto from_container
    oifname ${OURS} goto into_container
  }

  chain from_container {
    ct state established,related accept
    oifname ${OURS} counter name to_container goto refuse
    jump limit_connections
    ip daddr . meta l4proto . th dport @nameservers accept
    meta mark set 0
    meta mark set iifname map @policies
    meta mark . ip daddr @deny counter name to_denied goto refuse
    meta mark . ip daddr . meta l4proto . th dport @allow meta mark set 0 accept
    meta mark . ip daddr @allow_all meta mark set 0 accept
    counter name to_unlisted goto refuse
  }

  chain into_container {
    ct state established,related accept
    ct status dnat accept
    counter name from_outside goto refuse
  }

  # By address: its owner was checked in from_container_raw.
  chain limit_connections {
    add @connections { ip saddr ct count over ${MAX_CONNECTIONS} } counter name too_many goto refuse
  }

  # Quickly, so that nobody waits for a time-out. A reset is not rate-limited; ICMP errors are.
  chain refuse {
    meta l4proto tcp reject with tcp reset
    reject with icmpx admin-prohibited
  }

  chain masquerade_containers {
    type nat hook postrouting priority srcnat; policy accept;
    iifname ${OURS} oifname != ${OURS} masquerade fully-random
  }
`;

/** Replaces who may dial mapped ports, in one transaction. */
export function formatClients(clients: readonly Cidr[]): string {
  const elements = clients.map(client => `${addElement('clients', client)}\n`);
  return `flush set ${TABLE} clients\n${elements.join('')}`;
}

function platformElements(input: RulesetInput): string {
  const { address, ports } = input.services;
  return [
    ...input.clients.map(cidr => addElement('clients', cidr)),
    ...input.nameservers.flatMap(server => [
      addElement('nameservers', `${server} . udp . 53`),
      addElement('nameservers', `${server} . tcp . 53`),
    ]),
    ...ports.map(port => addElement('services', `${address} . ${port}`)),
    ...input.policies.flatMap(policyElements),
    '',
  ].join('\n');
}

function policyElements({ id, allow, deny }: EgressPolicy): string[] {
  return [
    ...deny.map(cidr => addElement('deny', `${id} . ${cidr}`)),
    ...allow.map(rule =>
      rule.protocol === 'all'
        ? addElement('allow_all', `${id} . ${rule.destination}`)
        : addElement(
            'allow',
            `${id} . ${rule.destination} . ${rule.protocol} . ${rule.ports.first}-${rule.ports.last}`,
          ),
    ),
  ];
}

function addElement(set: string, element: string): string {
  return `add element ${TABLE} ${set} { ${element} }`;
}
