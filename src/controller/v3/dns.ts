import type { FastifyInstance } from 'fastify';
import type { DnsReports } from '../../proto/v3/floating-ip.ts';
import type { Services } from '../services.ts';

/** Sprue's own addition: what the edges' name servers answer, and how the world finds them. */
export function registerDns(server: FastifyInstance, { edges }: Services): void {
  server.get(
    '/sprue/v1/dns',
    () =>
      ({ edges: edges.live().map(({ id, dns }) => ({ id, report: dns })) }) satisfies DnsReports,
  );
}
