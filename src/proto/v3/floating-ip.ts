import { z } from 'zod';
import type { DnsReport } from '../edge.ts';

const address = z.ipv4({ error: 'must be an IPv4 address' });
/** Host name, address or id. */
const router = z.string().min(1).max(255);

/** Body of `POST /sprue/v1/floating_ips`. */
export const floatingIpCreateSchema = z.strictObject({
  /** Default: the next free one of the pool. */
  address: address.optional(),
  /** Default: none. */
  router: router.optional(),
});

/** Body of `PATCH /sprue/v1/floating_ips/:address`. */
export const floatingIpUpdateSchema = z.strictObject({ router: router.nullable() });

export const FLOATING_IP_STATES = [
  /** It leads to the router it is associated with. */
  'serving',
  /** Its router is not healthy, so it leads to another. */
  'moved',
  /** It is associated with no router and leads nowhere. */
  'unassociated',
  /** No router is healthy. */
  'no-router',
  /** No edge holds it. */
  'no-edge',
] as const;
export type FloatingIpState = (typeof FLOATING_IP_STATES)[number];

export interface FloatingIpRouter {
  readonly address: string;
  /** Host name of its machine; empty while unknown. */
  readonly name: string;
}

export interface FloatingIpResource {
  readonly address: string;
  readonly created_at: string;
  readonly state: FloatingIpState;
  /** The router it is associated with. */
  readonly router: FloatingIpRouter | null;
  /** Where it leads now. */
  readonly serving: {
    readonly edge: string;
    readonly router: FloatingIpRouter;
    readonly since: string;
  } | null;
  /** Why the edge does not hold it, in a sentence. */
  readonly problem: string | null;
}

/** `GET /sprue/v1/floating_ips`, in the order of the addresses. */
export interface FloatingIpList {
  readonly resources: readonly FloatingIpResource[];
  readonly pools: readonly {
    readonly edge: string;
    readonly network: string;
    readonly size: number;
    readonly allocated: number;
  }[];
}

/** `GET /sprue/v1/dns`: what the name server of each edge serves. */
export interface DnsReports {
  readonly edges: readonly { readonly id: string; readonly report: DnsReport }[];
}
