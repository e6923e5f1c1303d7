import type { FastifyInstance, FastifyRequest } from 'fastify';
import { newGuid } from '../../core/ids.ts';
import { type Space, spaceCreateSchema, spaceUpdateSchema } from '../../proto/v3/space.ts';
import { applyManifest } from '../actions/apply-manifest.ts';
import { deleteTree } from '../actions/delete-tree.ts';
import { deleteRoute } from '../actions/routes.ts';
import { mergeMetadata, NO_METADATA } from '../domain/labels.ts';
import { checkName } from '../domain/names.ts';
import { newFrame, type SpaceRecord } from '../domain/records.ts';
import type { Services } from '../services.ts';
import { actorOf } from './authenticate.ts';
import { answerJob } from './jobs.ts';
import { link, toOne } from './links.ts';
import { answerList, frame, listParameter } from './list-query.ts';
import { presentOrganization } from './organizations.ts';
import { parseBody } from './parse-body.ts';
import { related } from './related.ts';
import { baseUrl } from './request-url.ts';

type Guid = { Params: { guid: string } };
type Query = { Querystring: Record<string, string | undefined> };

export function registerSpaces(server: FastifyInstance, services: Services): void {
  const { store, clock, audit } = services;

  server.get<Query>('/v3/spaces', request => {
    const filters = {
      names: (space: SpaceRecord) => space.name,
      organization_guids: (space: SpaceRecord) => space.organizationGuid,
    };
    const list = answerList(request, store.all('space'), filters, presenter(request));
    if (!listParameter(request.query, 'include')?.has('organization')) return list;
    const owners = new Set(list.resources.map(one => one.relationships.organization.data?.guid));
    const organizations = store
      .all('organization')
      .filter(one => owners.has(one.guid))
      .map(one => presentOrganization(one, baseUrl(request)));
    return { ...list, included: { organizations } };
  });

  server.post('/v3/spaces', async (request, reply) => {
    const { name, relationships, metadata } = parseBody(spaceCreateSchema, request.body);
    const organization = related(store, 'organization', relationships.organization.data.guid);
    const space = await store.create<SpaceRecord>({
      kind: 'space',
      ...newFrame(newGuid(), clock.now()),
      ...mergeMetadata(NO_METADATA, metadata),
      name: checkName(name, 'a space'),
      organizationGuid: organization.guid,
    });
    audit.about(space, 'audit.space.create', actorOf(request), { request: { name } });
    return reply.code(201).send(presenter(request)(space));
  });

  server.get<Guid>('/v3/spaces/:guid', request =>
    presenter(request)(store.get('space', request.params.guid)),
  );

  server.patch<Guid>('/v3/spaces/:guid', async request => {
    const { name, metadata } = parseBody(spaceUpdateSchema, request.body);
    const { guid } = store.get('space', request.params.guid);
    const updated = await store.modify('space', guid, before => ({
      ...before,
      ...(name !== undefined && { name: checkName(name, 'a space') }),
      ...mergeMetadata(before, metadata),
    }));
    return presenter(request)(updated);
  });

  server.delete<Guid>('/v3/spaces/:guid', async (request, reply) => {
    const space = store.get('space', request.params.guid);
    audit.about(space, 'audit.space.delete-request', actorOf(request));
    await deleteTree(services, space);
    return answerJob(request, reply, 'space.delete', space.guid);
  });

  server.delete<Guid & Query>('/v3/spaces/:guid/routes', async (request, reply) => {
    const { guid } = store.get('space', request.params.guid);
    for (const route of store.ownedBy('route', guid)) {
      if (request.query['unmapped'] === 'true' && route.destinations.length === 0) {
        await deleteRoute(services, actorOf(request), route);
      }
    }
    return answerJob(request, reply, 'space.delete_unmapped_routes', guid);
  });

  server.post<Guid>('/v3/spaces/:guid/actions/apply_manifest', async (request, reply) => {
    const space = store.get('space', request.params.guid);
    await applyManifest(services, actorOf(request), space, manifestText(request));
    return answerJob(request, reply, 'space.apply_manifest', space.guid);
  });

  /** The official client shows the difference; an empty one is always a valid answer. */
  server.post<Guid>('/v3/spaces/:guid/manifest_diff', (request, reply) => {
    store.get('space', request.params.guid);
    return reply.code(201).send({ diff: [] });
  });
}

function manifestText(request: FastifyRequest): string {
  return typeof request.body === 'string' ? request.body : JSON.stringify(request.body ?? {});
}

function presenter(request: FastifyRequest): (record: SpaceRecord) => Space {
  const base = baseUrl(request);
  return record => ({
    ...frame(record),
    name: record.name,
    relationships: { organization: toOne(record.organizationGuid), quota: toOne(undefined) },
    links: {
      self: link(base, `/v3/spaces/${record.guid}`),
      organization: link(base, `/v3/organizations/${record.organizationGuid}`),
      apply_manifest: link(base, `/v3/spaces/${record.guid}/actions/apply_manifest`, 'POST'),
    },
  });
}
