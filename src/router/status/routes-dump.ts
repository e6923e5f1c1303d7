import type { Endpoint } from '../table/endpoint.ts';
import type { EndpointPool } from '../table/endpoint-pool.ts';

/** The route table as gorouter's `/routes` shows it, in pieces, so that a big one needs no big string. */
export function* dumpRoutes(pools: Iterable<EndpointPool>): Generator<string> {
  let piece = '{';
  let separator = '';
  for (const pool of pools) {
    const endpoints = pool.endpoints.map(endpoint => describe(endpoint, pool));
    piece += `${separator}${JSON.stringify(pool.uri)}:${JSON.stringify(endpoints)}`;
    separator = ',';
    if (piece.length < PIECE_LENGTH) continue;
    yield piece;
    piece = '';
  }
  yield `${piece}}`;
}

const PIECE_LENGTH = 64 * 1024;

/** Keys and their order are gorouter's; what is `undefined` is left out. */
function describe(endpoint: Endpoint, pool: EndpointPool): object {
  const lease = endpoint.leases.find(candidate => candidate.pool === pool);
  const instanceId = endpoint.instanceId === endpoint.key ? '' : endpoint.instanceId;
  return {
    address: endpoint.key,
    availability_zone: endpoint.availabilityZone,
    protocol: endpoint.protocol,
    tls: endpoint.tls,
    ttl: Math.round((lease?.ttlMs ?? 0) / 1000),
    route_service_url: lease?.routeServiceUrl || undefined,
    tags: endpoint.tags ?? null,
    isolation_segment: endpoint.isolationSegment || undefined,
    private_instance_id: instanceId || undefined,
    server_cert_domain_san: endpoint.serverCertDomainSan || undefined,
  };
}
