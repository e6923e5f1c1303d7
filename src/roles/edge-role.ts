import { z } from 'zod';
import { type Cidr, type Port, parsePort } from '../core/address.ts';
import { SprueError } from '../core/errors.ts';
import { Edge } from '../edge/edge.ts';
import type { EdgeOptions } from '../edge/edge-options.ts';
import { startEdgeCollector } from './host-collectors.ts';
import { cidr, commonShape, ipv4, portNumber, roleId } from './role-config.ts';
import { runRole } from './run-role.ts';

/** `sprue edge --config FILE` */
export const edgeConfigSchema = z.strictObject({
  ...commonShape,
  /** Names this edge on the bus, for ever. */
  id: roleId,
  /** What it answers for; the platform's own domain first. */
  domains: z.array(z.string()).min(1),
  dns: z.strictObject({
    /** Addresses of this host to answer on. */
    addresses: z.array(ipv4).min(1),
    port: portNumber.default(53),
    /** How long clients may remember where a router is. */
    ttl_seconds: z.int().min(0).max(86_400).default(5),
    /** How the zones name this server. Default: `ns.<domain>` with `addresses`. */
    name_server: z
      .strictObject({ name: z.string().optional(), addresses: z.array(ipv4).optional() })
      .optional(),
  }),
  /** Without it the edge is a name server only. */
  floating: z
    .strictObject({
      /** External addresses that are this edge's alone. */
      pool: z.array(cidr).min(1),
      /** This host's address on the network where the pool is reached. */
      outside_address: ipv4,
      /** Its address on the network of the routers: their default gateway. */
      inside_address: ipv4,
      /** Networks behind the edge. Default: the one of `inside_address`. */
      inside_networks: z.array(cidr).optional(),
      /** TCP ports that are let through. */
      ports: z.array(portNumber).default([80, 443]),
    })
    .optional(),
});
export type EdgeConfig = z.infer<typeof edgeConfigSchema>;

/** Runs until it is told to end. Floating IPs go on leading to where they lead. @throws SprueError `NOT_ROOT` */
export function runEdge(config: EdgeConfig): Promise<void> {
  if (process.getuid?.() !== 0) throw new SprueError('NOT_ROOT');
  return runRole({
    name: 'edge',
    settings: config,
    async start({ bus, log, signal, resources }) {
      const collector = await startEdgeCollector(bus, config.id, log);
      resources.defer(() => collector.stop());
      const edge = await Edge.start({
        ...{ bus, signal },
        ...settingsOf(config),
        log: log.child({ part: 'edge' }),
      });
      resources.defer(() => edge.stop({ leaveTraffic: true }));
    },
  });
}

function settingsOf(config: EdgeConfig): Omit<EdgeOptions, 'bus' | 'log'> {
  const [first = '', ...more] = config.domains;
  const { dns, floating } = config;
  return {
    edgeId: config.id,
    stateDir: config.state_dir,
    domains: [first, ...more],
    dns: {
      addresses: dns.addresses,
      port: dns.port,
      ttlSeconds: dns.ttl_seconds,
      ...(dns.name_server && { nameServer: nameServer(dns.name_server) }),
    },
    ...(floating && { floating: floatingOptions(floating) }),
  };
}

function nameServer({ name, addresses }: NonNullable<EdgeConfig['dns']['name_server']>) {
  return { ...(name !== undefined && { name }), ...(addresses && { addresses }) };
}

function floatingOptions(floating: NonNullable<EdgeConfig['floating']>) {
  const ports: readonly Port[] = floating.ports.map(parsePort);
  const insideNetworks: readonly Cidr[] | undefined = floating.inside_networks;
  return {
    pool: floating.pool,
    outsideAddress: floating.outside_address,
    insideAddress: floating.inside_address,
    ...(insideNetworks && { insideNetworks }),
    ports,
  };
}
