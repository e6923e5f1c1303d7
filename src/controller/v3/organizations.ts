import type { FastifyInstance, FastifyRequest } from 'fastify';
import { SprueError } from '../../core/errors.ts';
import { newGuid } from '../../core/ids.ts';
import {
  type Organization,
  organizationCreateSchema,
  organizationUpdateSchema,
} from '../../proto/v3/organization.ts';
import { deleteTree } from '../actions/delete-tree.ts';
import { mergeMetadata, NO_METADATA } from '../domain/labels.ts';
import { checkName } from '../domain/names.ts';
import { newFrame, type OrganizationRecord } from '../domain/records.ts';
import type { Services } from '../services.ts';
import { actorOf } from './authenticate.ts';
import { presentDomain } from './domains.ts';
import { answerJob } from './jobs.ts';
import { link, toOne } from './links.ts';
import { answerList, frame } from './list-query.ts';
import { parseBody } from './parse-body.ts';
import { baseUrl } from './request-url.ts';

type Guid = { Params: { guid: string } };

export function registerOrganizations(server: FastifyInstance, services: Services): void {
  const { store, clock, audit } = services;

  server.get('/v3/organizations', request =>
    answerList(request, store.all('organization'), { names: one => one.name }, presenter(request)),
  );

  server.post('/v3/organizations', async (request, reply) => {
    const { name, metadata } = parseBody(organizationCreateSchema, request.body);
    const organization = await store.create<OrganizationRecord>({
      kind: 'organization',
      ...newFrame(newGuid(), clock.now()),
      name: checkName(name, 'an organization'),
      ...mergeMetadata(NO_METADATA, metadata),
    });
    audit.about(organization, 'audit.organization.create', actorOf(request), { request: { name } });
    return reply.code(201).send(presenter(request)(organization));
  });

  server.get<Guid>('/v3/organizations/:guid', request =>
    presenter(request)(store.get('organization', request.params.guid)),
  );

  server.patch<Guid>('/v3/organizations/:guid', async request => {
    const { name, metadata } = parseBody(organizationUpdateSchema, request.body);
    const { guid } = store.get('organization', request.params.guid);
    const updated = await store.modify('organization', guid, before => ({
      ...before,
      ...(name !== undefined && { name: checkName(name, 'an organization') }),
      ...mergeMetadata(before, metadata),
    }));
    return presenter(request)(updated);
  });

  server.delete<Guid>('/v3/organizations/:guid', async (request, reply) => {
    const organization = store.get('organization', request.params.guid);
    const own = store.ownedBy('domain', organization.guid);
    if (own.some(domain => domain.name === services.config.domain)) {
      throw new SprueError('DOMAIN_OF_PLATFORM', { name: services.config.domain });
    }
    audit.about(organization, 'audit.organization.delete-request', actorOf(request));
    await deleteTree(services, organization);
    return answerJob(request, reply, 'organization.delete', organization.guid);
  });

  server.get<Guid>('/v3/organizations/:guid/domains', request => {
    const { guid } = store.get('organization', request.params.guid);
    const usable = store.all('domain').filter(domain => (domain.organizationGuid ?? guid) === guid);
    return answerList(request, usable, { names: domain => domain.name }, domain =>
      presentDomain(domain, baseUrl(request)),
    );
  });

  server.get<Guid>('/v3/organizations/:guid/domains/default', request => {
    store.get('organization', request.params.guid);
    const domain = store.all('domain').find(one => one.name === services.config.domain);
    if (domain === undefined) throw new SprueError('RESOURCE_NOT_FOUND', { kind: 'Domain' });
    return presentDomain(domain, baseUrl(request));
  });
}

function presenter(request: FastifyRequest): (record: OrganizationRecord) => Organization {
  const base = baseUrl(request);
  return record => presentOrganization(record, base);
}

export function presentOrganization(record: OrganizationRecord, base: string): Organization {
  const self = `/v3/organizations/${record.guid}`;
  return {
    ...frame(record),
    name: record.name,
    suspended: false,
    relationships: { quota: toOne(undefined) },
    links: { self: link(base, self), domains: link(base, `${self}/domains`) },
  };
}
