import { z } from 'zod';
import { run } from '../exec/run.ts';

/** Where one instance is reached, as the API tells it. */
export interface InstanceNetwork {
  readonly host: string;
  readonly hostPort: number;
  readonly containerIp: string;
  readonly containerPort: number;
  readonly veth: string;
}

/** The same instance's route as the kernel has it: every line is the answer of one command. */
export interface RouteFacts {
  /** The router's connection to the host port, and what NAT makes of it. */
  readonly connection: { readonly before: string; readonly after: string } | undefined;
  /** `61001 → 10.254.0.2:8080`, the element of the map `ports`. */
  readonly mapping: string | undefined;
  /** The interface that leads to the container's address. */
  readonly device: string | undefined;
  /** What the container sees: its interfaces with addresses, and its routes. */
  readonly inside:
    | { readonly addresses: readonly string[]; readonly routes: readonly string[] }
    | undefined;
}

/**
 * Asks conntrack, nft and ip. A fact that the kernel does not have is `undefined`, never invented.
 * @param netns the container's namespace, when it has one
 */
export async function readRouteFacts(
  network: InstanceNetwork,
  netns: string | undefined,
): Promise<RouteFacts> {
  const [connection, mapping, device, inside] = await Promise.all([
    readConnection(network),
    readMapping(network.hostPort),
    readDevice(network.containerIp),
    netns === undefined ? undefined : readInside(netns),
  ]);
  return { connection, mapping, device, inside };
}

async function readConnection({ hostPort }: InstanceNetwork): Promise<RouteFacts['connection']> {
  const { stdout } = await run(
    ['conntrack', '-L', '-p', 'tcp', '--orig-port-dst', String(hostPort)],
    {
      okExitCodes: [0, 1],
    },
  );
  return parseConnection(stdout);
}

/** The newest established entry of `conntrack -L`: the original tuple, and the reply tuple turned round. */
export function parseConnection(listing: string): RouteFacts['connection'] {
  const line = listing.split('\n').findLast(text => text.includes('ESTABLISHED'));
  const fields = [...(line ?? '').matchAll(/\b(src|dst|sport|dport)=(\S+)/g)].map(
    match => match[2] ?? '',
  );
  const [src, dst, sport, dport, replySrc, replyDst, replySport, replyDport] = fields;
  if (replyDport === undefined) return undefined;
  return {
    before: `${src}:${sport} → ${dst}:${dport}`,
    after: `${replyDst}:${replyDport} → ${replySrc}:${replySport}`,
  };
}

async function readMapping(hostPort: number): Promise<string | undefined> {
  // Plain text: nft 1.0.6 ignores its `-j` for this command.
  const element = ['{', 'tcp', '.', String(hostPort), '}'];
  const { stdout } = await run(['nft', 'get', 'element', 'inet', 'sprue', 'ports', ...element], {
    okExitCodes: [0, 1],
  });
  return parseMapping(stdout);
}

/** Reads the one element in what `nft get element` prints. */
export function parseMapping(listing: string): string | undefined {
  const match = /elements = \{ (tcp \. \d+) : ([\d.]+ \. \d+) \}/.exec(listing);
  return match ? `${match[1]} → ${match[2]}` : undefined;
}

const routeSchema = z.array(z.object({ dev: z.string() }));

async function readDevice(containerIp: string): Promise<string | undefined> {
  const { stdout } = await run(['ip', '-j', 'route', 'get', containerIp]);
  return routeSchema.safeParse(JSON.parse(stdout)).data?.[0]?.dev;
}

const addressSchema = z.array(
  z.object({
    ifname: z.string(),
    addr_info: z.array(z.object({ family: z.string(), local: z.string(), prefixlen: z.number() })),
  }),
);
const insideRouteSchema = z.array(
  z.object({ dst: z.string(), gateway: z.string().optional(), dev: z.string().optional() }),
);

async function readInside(netns: string): Promise<RouteFacts['inside']> {
  const [addresses, routes] = await Promise.all([
    run(['ip', '-n', netns, '-j', 'address']),
    run(['ip', '-n', netns, '-j', 'route']),
  ]);
  return {
    addresses: addressSchema
      .parse(JSON.parse(addresses.stdout))
      .flatMap(({ ifname, addr_info }) =>
        addr_info
          .filter(({ family }) => family === 'inet')
          .map(({ local, prefixlen }) => `${ifname} ${local}/${prefixlen}`),
      ),
    routes: insideRouteSchema
      .parse(JSON.parse(routes.stdout))
      .map(({ dst, gateway, dev }) =>
        [dst, gateway && `via ${gateway}`, dev && `dev ${dev}`].filter(Boolean).join(' '),
      ),
  };
}
