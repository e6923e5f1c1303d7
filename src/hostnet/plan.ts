import { type Ipv4, ipv4ToNumber, type Port, parseIpv4 } from '../core/address.ts';
import { formatAlias, type VethAlias } from './alias.ts';
import { CONTAINER_INTERFACE, type ContainerNames } from './names.ts';
import { TABLE } from './ruleset.ts';

/** The host's end of every pair has this address; to the container it is the default gateway. */
const GATEWAY: Ipv4 = parseIpv4('169.254.0.1');

/** Sysctls inside the container's namespace: no IPv6, and apps may bind low ports without being root. */
export const CONTAINER_SYSCTLS = [
  'net.ipv6.conf.all.disable_ipv6=1',
  'net.ipv6.conf.default.disable_ipv6=1',
  'net.ipv4.ip_unprivileged_port_start=0',
] as const;

/** What to tell the kernel for one container: texts for `ip -batch` and `nft -f`. */
export interface ContainerPlan {
  readonly hostSide: string;
  readonly containerSide: string;
  readonly addElements: string;
  readonly deleteElements: string;
}

/**
 * The host's end is point-to-point: `169.254.0.1 peer <container>/32` makes exactly one /32 route.
 * The container has one address and one route. Neighbours are permanent and ARP is off, so nothing
 * can be spoofed on the pair and the kernel's neighbour table cannot overflow.
 */
export function planContainer(
  names: ContainerNames,
  alias: VethAlias,
  options: { readonly mtuBytes: number; readonly policyId: number },
): ContainerPlan {
  const { containerIp } = alias;
  const { veth, netns } = names;
  const hostMac = macAddress('aa:aa', containerIp);
  const containerMac = macAddress('ee:ee', containerIp);
  const mtu = options.mtuBytes;
  const hostSide = lines(
    `netns add ${netns}`,
    `link add ${veth} address ${hostMac} mtu ${mtu} type veth ` +
      `peer name ${CONTAINER_INTERFACE} address ${containerMac} mtu ${mtu} netns ${netns}`,
    `link set ${veth} arp off alias ${formatAlias(alias)} up`,
    `address add ${GATEWAY}/32 peer ${containerIp}/32 dev ${veth}`,
    `neighbour add ${containerIp} lladdr ${containerMac} dev ${veth} nud permanent`,
  );
  const containerSide = lines(
    'link set lo up',
    `address add ${containerIp}/32 dev ${CONTAINER_INTERFACE}`,
    `link set ${CONTAINER_INTERFACE} arp off up`,
    `neighbour add ${GATEWAY} lladdr ${hostMac} dev ${CONTAINER_INTERFACE} nud permanent`,
    `route add default via ${GATEWAY} dev ${CONTAINER_INTERFACE} onlink`,
  );
  const mapping = alias.ports && { containerIp, ...alias.ports };
  const elements = containerElements(veth, options.policyId, mapping);
  return {
    hostSide,
    containerSide,
    addElements: addElements(elements),
    deleteElements: deleteElements(elements),
  };
}

/** An element of a named map: key and value. */
export interface MapElement {
  readonly map: 'ports' | 'policies';
  readonly key: string;
  readonly value: string;
}

export interface PortMapping {
  readonly hostPort: Port;
  readonly containerIp: Ipv4;
  readonly containerPort: Port;
}

export function containerElements(
  veth: string,
  policyId: number,
  mapping: PortMapping | undefined,
): MapElement[] {
  const policy: MapElement = { map: 'policies', key: `"${veth}"`, value: String(policyId) };
  return mapping === undefined ? [policy] : [policy, mappingElement(mapping)];
}

export function mappingElement({ hostPort, containerIp, containerPort }: PortMapping): MapElement {
  return { map: 'ports', key: `tcp . ${hostPort}`, value: `${containerIp} . ${containerPort}` };
}

/** The kernel refuses a key that is there with another value: no port is ever given away twice. */
export function addElements(elements: readonly MapElement[]): string {
  return lines(
    ...elements.map(({ map, key, value }) => `add element ${TABLE} ${map} { ${key} : ${value} }`),
  );
}

/** Deleting what is absent would fail the whole transaction: so add, then delete. */
export function deleteElements(elements: readonly MapElement[]): string {
  return lines(
    ...elements.flatMap(({ map, key, value }) => [
      `add element ${TABLE} ${map} { ${key} : ${value} }`,
      `delete element ${TABLE} ${map} { ${key} }`,
    ]),
  );
}

/** Locally administered, unique per host, readable: `aa:aa:0a:fe:00:07` is the host's end of 10.254.0.7. */
function macAddress(prefix: string, address: Ipv4): string {
  const hex = ipv4ToNumber(address).toString(16).padStart(8, '0');
  return `${prefix}:${hex.match(/../g)?.join(':')}`;
}

function lines(...commands: readonly string[]): string {
  return commands.map(command => `${command}\n`).join('');
}
