import type { FastifyInstance } from 'fastify';
import { type Ipv4, ipv4ToNumber, parseIpv4 } from '../../core/address.ts';
import { rfc3339 } from '../../core/clock.ts';
import type { FloatingIp } from '../../proto/edge.ts';
import {
  type FloatingIpList,
  type FloatingIpResource,
  floatingIpCreateSchema,
  floatingIpUpdateSchema,
} from '../../proto/v3/floating-ip.ts';
import {
  allocateFloatingIp,
  associateFloatingIp,
  knownRouters,
  releaseFloatingIp,
} from '../actions/floating-ips.ts';
import { type Holder, holderOf, holdersAmong, poolSize } from '../domain/floating-pool.ts';
import type { Services } from '../services.ts';
import { parseBody } from './parse-body.ts';

const PATH = '/sprue/v1/floating_ips';

type ByAddress = { Params: { address: string } };

/** Sprue's own addition: external addresses that an edge leads to routers. */
export function registerFloatingIps(server: FastifyInstance, services: Services): void {
  server.get(PATH, () => listFloatingIps(services));

  server.post(PATH, async (request, reply) => {
    const { address, router } = parseBody(floatingIpCreateSchema, request.body);
    const wanted = { address: address as Ipv4 | undefined, router };
    const floatingIp = await allocateFloatingIp(services, wanted);
    return reply.code(201).send(presenter(services)(floatingIp));
  });

  server.patch<ByAddress>(`${PATH}/:address`, async request => {
    const { router } = parseBody(floatingIpUpdateSchema, request.body);
    const address = parseIpv4(request.params.address);
    return presenter(services)(await associateFloatingIp(services, address, router));
  });

  server.delete<ByAddress>(`${PATH}/:address`, async (request, reply) => {
    await releaseFloatingIp(services, parseIpv4(request.params.address));
    return reply.code(204).send();
  });
}

function listFloatingIps(services: Services): FloatingIpList {
  const all = [...services.floatingIps.entries()].map(([, floatingIp]) => floatingIp);
  const ordered = all.toSorted((a, b) => ipv4ToNumber(a.address) - ipv4ToNumber(b.address));
  const holders = holdersAmong(services.edges.live());
  return {
    resources: ordered.map(presenter(services)),
    pools: holders.flatMap(({ id, floating }) =>
      floating.pool.map(network => {
        const only: Holder = { id, floating: { ...floating, pool: [network] } };
        const allocated = all.filter(({ address }) => holderOf(address, [only])).length;
        return { edge: id, network, size: poolSize(network), allocated };
      }),
    ),
  };
}

function presenter(services: Services): (floatingIp: FloatingIp) => FloatingIpResource {
  const holders = holdersAmong(services.edges.live());
  const names = new Map(knownRouters(services).map(({ address, name }) => [address, name]));
  const router = (address: Ipv4) => ({ address, name: names.get(address) ?? '' });
  return floatingIp => {
    const holder = holderOf(floatingIp.address, holders);
    const now = holder?.floating.serving.find(({ address }) => address === floatingIp.address);
    return {
      address: floatingIp.address,
      created_at: rfc3339(floatingIp.createdMs),
      state: stateOf(floatingIp, holder, now?.router),
      router: floatingIp.router && router(floatingIp.router),
      serving:
        holder && now
          ? { edge: holder.id, router: router(now.router), since: rfc3339(now.sinceMs) }
          : null,
      problem: holder?.floating.problem ?? null,
    };
  };
}

function stateOf(
  { router }: FloatingIp,
  holder: Holder | undefined,
  serving: Ipv4 | undefined,
): FloatingIpResource['state'] {
  if (holder === undefined || holder.floating.problem !== undefined) return 'no-edge';
  if (router === null) return 'unassociated';
  if (serving === undefined) return 'no-router';
  return serving === router ? 'serving' : 'moved';
}
