import type { FastifyInstance } from 'fastify';
import { SprueError } from '../../core/errors.ts';
import { newGuid } from '../../core/ids.ts';
import { type Domain, domainCreateSchema, domainUpdateSchema } from '../../proto/v3/domain.ts';
import { deleteTree } from '../actions/delete-tree.ts';
import { findRoute } from '../actions/routes.ts';
import { mergeMetadata, NO_METADATA } from '../domain/labels.ts';
import { checkDomain } from '../domain/names.ts';
import { type DomainRecord, newFrame } from '../domain/records.ts';
import { routeUrl } from '../domain/route-address.ts';
import type { Services } from '../services.ts';
import { answerJob } from './jobs.ts';
import { link, toOne } from './links.ts';
import { answerList, frame } from './list-query.ts';
import { parseBody } from './parse-body.ts';
import { related } from './related.ts';
import { baseUrl } from './request-url.ts';

type Guid = { Params: { guid: string } };

export function registerDomains(server: FastifyInstance, services: Services): void {
  const { store, clock, config } = services;

  server.get('/v3/domains', request => {
    const filters = {
      names: (domain: DomainRecord) => domain.name,
      organization_guids: (domain: DomainRecord) => domain.organizationGuid ?? '',
    };
    const base = baseUrl(request);
    return answerList(request, store.all('domain'), filters, one => presentDomain(one, base));
  });

  server.post('/v3/domains', async (request, reply) => {
    const body = parseBody(domainCreateSchema, request.body);
    const owner = body.relationships?.organization?.data.guid;
    const domain = await store.create<DomainRecord>({
      kind: 'domain',
      ...newFrame(newGuid(), clock.now()),
      ...mergeMetadata(NO_METADATA, body.metadata),
      name: checkDomain(body.name),
      internal: body.internal ?? false,
      ...(owner !== undefined && { organizationGuid: related(store, 'organization', owner).guid }),
    });
    return reply.code(201).send(presentDomain(domain, baseUrl(request)));
  });

  server.get<Guid>('/v3/domains/:guid', request =>
    presentDomain(store.get('domain', request.params.guid), baseUrl(request)),
  );

  server.patch<Guid>('/v3/domains/:guid', async request => {
    const { metadata } = parseBody(domainUpdateSchema, request.body);
    const { guid } = store.get('domain', request.params.guid);
    const updated = await store.modify('domain', guid, before => ({
      ...before,
      ...mergeMetadata(before, metadata),
    }));
    return presentDomain(updated, baseUrl(request));
  });

  server.delete<Guid>('/v3/domains/:guid', async (request, reply) => {
    const domain = store.get('domain', request.params.guid);
    if (domain.name === config.domain) {
      throw new SprueError('DOMAIN_OF_PLATFORM', { name: domain.name });
    }
    await deleteTree(services, domain);
    return answerJob(request, reply, 'domain.delete', domain.guid);
  });

  server.get<Guid & { Querystring: { host?: string; path?: string } }>(
    '/v3/domains/:guid/route_reservations',
    request => {
      const domain = store.get('domain', request.params.guid);
      const { host = '', path = '' } = request.query;
      const url = routeUrl({ host, path }, domain.name);
      return { matching_route: findRoute(services, url) !== undefined };
    },
  );
}

export function presentDomain(record: DomainRecord, base: string): Domain {
  const self = `/v3/domains/${record.guid}`;
  return {
    ...frame(record),
    name: record.name,
    internal: record.internal,
    router_group: null,
    supported_protocols: ['http'],
    relationships: {
      organization: toOne(record.organizationGuid),
      shared_organizations: { data: [] },
    },
    links: {
      self: link(base, self),
      route_reservations: link(base, `${self}/route_reservations`),
    },
  };
}
