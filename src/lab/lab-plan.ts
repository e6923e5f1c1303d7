import { type Ipv4, parseIpv4 } from '../core/address.ts';
import { SprueError } from '../core/errors.ts';

/** What a lab is made of. */
export interface LabShape {
  readonly name: string;
  readonly routers: number;
  readonly deas: number;
  /** Apps get `<name>.<domain>`, the API `api.<domain>`. */
  readonly domain: string;
}

export type HostKind = 'client' | 'edge' | 'control' | 'router' | 'dea';

/** An interface of a host and the wire that it hangs on. */
export interface HostLink {
  readonly name: string;
  readonly wire: Wire;
  readonly address: Ipv4;
  /** The other end, in the switch: the plug that `cut` pulls. */
  readonly port: string;
}

export type Wire = 'lan' | 'outside';

/** A machine of the lab. */
export interface LabHost {
  readonly name: string;
  readonly kind: HostKind;
  /** Name of its network namespace, as in `ip netns`. */
  readonly netns: string;
  readonly links: readonly HostLink[];
  /** Where it sends what is for nobody it knows. */
  readonly gateway: Ipv4 | undefined;
}

export interface LabPlan {
  readonly shape: LabShape;
  /** The namespace with the two switches; no machine. */
  readonly switchNetns: string;
  readonly hosts: readonly LabHost[];
}

/**
 * The lab's addresses. All of it is in namespaces of its own, so every lab has the same ones: those
 * that documentation uses (RFC 5737) outside, a private network inside.
 */
export const LAB_NET = {
  prefixBits: 24,
  lan: '10.20.0.0/24',
  edgeInside: parseIpv4('10.20.0.1'),
  control: parseIpv4('10.20.0.2'),
  outside: '198.51.100.0/24',
  edgeOutside: parseIpv4('198.51.100.1'),
  client: parseIpv4('198.51.100.10'),
  /** Addresses that the edge hands out as floating IPs. */
  floatingPool: '203.0.113.0/24',
  natsPort: 4222,
  httpPort: 80,
} as const;

export const DEFAULT_LAB_NAME = 'lab';
export const DEFAULT_LAB_DOMAIN = 'example.com';
const MAX_ROUTERS = 20;
const MAX_DEAS = 50;

/** No hyphen: the names of one lab's namespaces must not begin like those of another. */
const NAME = /^[a-z][a-z0-9]{0,15}$/;

/** @throws SprueError `LAB_NAME_INVALID` */
export function checkLabName(name: string): string {
  if (!NAME.test(name)) throw new SprueError('LAB_NAME_INVALID', { received: name });
  return name;
}

/** What every namespace of a lab is called after. */
export function netnsPrefix(name: string): string {
  return `sprue-lab-${checkLabName(name)}-`;
}

/** Everything that follows from a lab's shape. @throws SprueError `LAB_NAME_INVALID`, `LAB_TOO_BIG` */
export function planLab(shape: LabShape): LabPlan {
  const { routers, deas } = shape;
  if (routers < 1 || routers > MAX_ROUTERS || deas < 1 || deas > MAX_DEAS) {
    const limits = { maxRouters: MAX_ROUTERS, maxDeas: MAX_DEAS };
    throw new SprueError('LAB_TOO_BIG', limits);
  }
  const prefix = netnsPrefix(shape.name);
  const inside = (name: string, kind: HostKind, address: Ipv4): LabHost => ({
    name,
    kind,
    netns: `${prefix}${name}`,
    links: [{ name: 'eth0', wire: 'lan', address, port: name }],
    gateway: LAB_NET.edgeInside,
  });
  return {
    shape,
    switchNetns: `${prefix}switch`,
    hosts: [
      client(prefix),
      edge(prefix),
      inside('control', 'control', LAB_NET.control),
      ...numbered('router', routers, 10).map(([name, address]) => inside(name, 'router', address)),
      ...numbered('dea', deas, 100).map(([name, address]) => inside(name, 'dea', address)),
    ],
  };
}

function client(prefix: string): LabHost {
  const { client: address, edgeOutside } = LAB_NET;
  return {
    name: 'client',
    kind: 'client',
    netns: `${prefix}client`,
    links: [{ name: 'eth0', wire: 'outside', address, port: 'client' }],
    gateway: edgeOutside,
  };
}

function edge(prefix: string): LabHost {
  const { edgeInside, edgeOutside } = LAB_NET;
  return {
    name: 'edge',
    kind: 'edge',
    netns: `${prefix}edge`,
    links: [
      { name: 'inside', wire: 'lan', address: edgeInside, port: 'edge' },
      { name: 'outside', wire: 'outside', address: edgeOutside, port: 'edge-outside' },
    ],
    gateway: undefined,
  };
}

/** `router-1` at 10.20.0.11, `dea-1` at 10.20.0.101, … */
function numbered(kind: string, count: number, base: number): [name: string, address: Ipv4][] {
  return Array.from({ length: count }, (_, index) => [
    `${kind}-${index + 1}`,
    parseIpv4(`10.20.0.${base + index + 1}`),
  ]);
}

/** `router-1` gets 203.0.113.11, as it is 10.20.0.11 inside. */
export function floatingIpOf(router: LabHost): Ipv4 {
  const last = addressOf(router).split('.').at(-1);
  return parseIpv4(`203.0.113.${last}`);
}

/** The address that other hosts of the lab know it by. */
export function addressOf(host: LabHost): Ipv4 {
  const [first] = host.links;
  if (first === undefined) throw new SprueError('INTERNAL', { reason: `${host.name} has no link` });
  return first.address;
}
