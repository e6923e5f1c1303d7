import { z } from 'zod';
import type { Cidr, Ipv4 } from '../core/address.ts';

const ipv4 = z.ipv4().transform(text => text as string as Ipv4);
const cidr = z.cidrv4().transform(text => text as string as Cidr);
const port = z.number().int().min(1).max(65_535);

/** Key-value buckets of the edges. */
export const EDGE_KV = {
  /** Floating IPs that are allocated, written by the controller: see {@link floatingIpKey}. */
  floatingIps: 'floating-ips',
  /** One lease per live edge, by edge id: {@link EdgeLease}. */
  edges: 'edges',
} as const;

/** An edge that did not renew its lease for this long is gone. */
export const EDGE_LEASE_MS = 15_000;
export const EDGE_RENEW_MS = 5_000;

/**
 * A floating IP and the router it is meant to lead to. A router is known by its address: its id is
 * another one after each start.
 */
export const floatingIpSchema = z.object({
  address: ipv4,
  /** Address of the router; `null`: it leads nowhere. */
  router: ipv4.nullable(),
  createdMs: z.number(),
});
export type FloatingIp = z.infer<typeof floatingIpSchema>;

export function floatingIpKey(address: Ipv4): string {
  return address.replaceAll('.', '-');
}

const dnsRecordReportSchema = z.object({
  name: z.string(),
  ttlSeconds: z.number(),
  type: z.string(),
  data: z.string(),
  /** The whole record, as a zone file has it. */
  line: z.string(),
});

const dnsZoneReportSchema = z.object({
  domain: z.string(),
  records: z.array(dnsRecordReportSchema),
  /** Lines for the zone above, so that the world finds this one. */
  delegation: z.array(z.string()),
  /** For a resolver of one's own, without any delegation. */
  resolvers: z.array(
    z.object({
      resolver: z.enum(['dnsmasq', 'unbound', 'systemd-resolved']),
      file: z.string(),
      lines: z.array(z.string()),
    }),
  ),
});

/** What an edge's name server serves: `sprue dns`. */
export const dnsReportSchema = z.object({
  server: z.object({ name: z.string(), addresses: z.array(ipv4), port: z.number().int() }),
  zones: z.array(dnsZoneReportSchema),
});
export type DnsReport = z.infer<typeof dnsReportSchema>;
export type DnsZoneReport = z.infer<typeof dnsZoneReportSchema>;
export type DnsRecordReport = z.infer<typeof dnsRecordReportSchema>;
export type DnsResolverHint = DnsZoneReport['resolvers'][number];

/** What an edge says about itself: its lease. Written on every change, and every few seconds. */
export const edgeLeaseSchema = z.object({
  id: z.string(),
  /** Host name of its machine. */
  host: z.string(),
  startedMs: z.number(),
  /** Absent when it serves DNS only. */
  floating: z
    .object({
      pool: z.array(cidr),
      outsideAddress: ipv4,
      insideAddress: ipv4,
      /** TCP ports that are let through. */
      ports: z.array(port),
      serving: z.array(
        z.object({
          address: ipv4,
          /** Address of the router it leads to now. */
          router: ipv4,
          sinceMs: z.number(),
        }),
      ),
      /** Why it holds no floating IP, in a sentence, when something keeps it from that. */
      problem: z.string().optional(),
    })
    .optional(),
  routers: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      address: ipv4,
      port,
      healthy: z.boolean(),
      sinceMs: z.number(),
    }),
  ),
  /** Of the zones. */
  serial: z.number(),
  dns: dnsReportSchema,
});
export type EdgeLease = z.infer<typeof edgeLeaseSchema>;
