import type { ProbeAnswer } from './http-probe.ts';
import type { InstanceNetwork, RouteFacts } from './route-facts.ts';

export interface RouteView {
  readonly url: string;
  readonly answer: ProbeAnswer;
  readonly network: InstanceNetwork;
  readonly facts: RouteFacts;
}

const UNKNOWN = '(not found in the kernel)';

/** The route of one request, one hop a line, for a person. */
export function renderRoute({ url, answer, network, facts }: RouteView): string {
  const { connection, mapping, device, inside } = facts;
  const hops: readonly (readonly [hop: string, address: string, source: string])[] = [
    ['client → router', `${answer.from} → ${answer.to}`, 'its socket'],
    ['router → host port', connection?.before ?? UNKNOWN, 'conntrack'],
    ['NAT element', mapping ?? UNKNOWN, 'nft map inet sprue ports'],
    ['after NAT', connection?.after ?? UNKNOWN, 'conntrack'],
    [
      'veth pair',
      device === undefined ? UNKNOWN : `${device} ═══ eth0`,
      `ip route get ${network.containerIp}`,
    ],
    ['container', inside?.addresses.join(', ') ?? UNKNOWN, 'ip address, inside'],
    ['its only route', inside?.routes.join(', ') ?? UNKNOWN, 'ip route, inside'],
  ];
  const hopWidth = Math.max(...hops.map(([hop]) => hop.length));
  const addressWidth = Math.max(...hops.map(([, address]) => address.length));
  const lines = hops.map(
    ([hop, address, source]) =>
      `  ${hop.padEnd(hopWidth)}   ${address.padEnd(addressWidth)}   ${source}`,
  );
  const body = answer.body
    .trim()
    .split('\n')
    .map(line => `  ${line}`);
  return [
    '',
    url,
    `  HTTP ${answer.status}`,
    ...body,
    '',
    'The route of that request, as the kernel has it',
    ...lines,
    '',
  ].join('\n');
}
