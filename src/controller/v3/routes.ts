import type { FastifyInstance, FastifyRequest } from 'fastify';
import { SprueError } from '../../core/errors.ts';
import {
  type Destination,
  type Destinations,
  destinationsSchema,
  type Route,
  routeCreateSchema,
  routeUpdateSchema,
} from '../../proto/v3/route.ts';
import {
  createRoute,
  deleteRoute,
  destinationsFor,
  mapRoute,
  replaceDestinations,
  unmapRoute,
} from '../actions/routes.ts';
import { mergeLabels, mergeMetadata } from '../domain/labels.ts';
import { DEFAULTS } from '../domain/limits.ts';
import type { DestinationRecord, RouteRecord } from '../domain/records.ts';
import type { Services } from '../services.ts';
import { actorOf } from './authenticate.ts';
import { answerJob } from './jobs.ts';
import { link, toOne } from './links.ts';
import { answerList, type Filters, frame } from './list-query.ts';
import { parseBody } from './parse-body.ts';
import { related } from './related.ts';
import { baseUrl } from './request-url.ts';

type Guid = { Params: { guid: string } };

export function registerRoutes(server: FastifyInstance, services: Services): void {
  const { store } = services;
  const filters: Filters<RouteRecord> = {
    app_guids: route => route.destinations.map(to => to.appGuid),
    space_guids: route => route.spaceGuid,
    organization_guids: route => store.get('space', route.spaceGuid).organizationGuid,
    domain_guids: route => route.domainGuid,
    hosts: route => route.host,
    paths: route => route.path,
  };

  server.get('/v3/routes', request =>
    answerList(request, store.all('route'), filters, presenter(request)),
  );

  server.get<Guid>('/v3/apps/:guid/routes', request => {
    const { guid } = store.get('app', request.params.guid);
    return answerList(request, store.routesOf(guid), filters, presenter(request));
  });

  server.post('/v3/routes', async (request, reply) => {
    const body = parseBody(routeCreateSchema, request.body);
    const { space, domain } = body.relationships;
    const route = await createRoute(services, actorOf(request), {
      host: body.host ?? '',
      path: body.path ?? '',
      space: related(store, 'space', space.data.guid),
      domain: related(store, 'domain', domain.data.guid),
      options: mergeLabels({}, body.options),
    });
    return reply.code(201).send(presenter(request)(route));
  });

  server.get<Guid>('/v3/routes/:guid', request =>
    presenter(request)(store.get('route', request.params.guid)),
  );

  server.patch<Guid>('/v3/routes/:guid', async request => {
    const { options, metadata } = parseBody(routeUpdateSchema, request.body);
    const { guid } = store.get('route', request.params.guid);
    const updated = await store.modify('route', guid, before => ({
      ...before,
      options: mergeLabels(before.options, options),
      ...mergeMetadata(before, metadata),
    }));
    return presenter(request)(updated);
  });

  server.delete<Guid>('/v3/routes/:guid', async (request, reply) => {
    const route = store.get('route', request.params.guid);
    await deleteRoute(services, actorOf(request), route);
    return answerJob(request, reply, 'route.delete', route.guid);
  });

  registerDestinations(server, services);
}

function registerDestinations(server: FastifyInstance, services: Services): void {
  const { store } = services;
  const path = '/v3/routes/:guid/destinations';

  server.get<Guid>(path, request =>
    presentDestinations(store.get('route', request.params.guid), baseUrl(request)),
  );

  server.post<Guid>(path, async request => {
    const route = store.get('route', request.params.guid);
    const wanted = destinationsFor(services, route, parseBody(destinationsSchema, request.body));
    const mapped = await mapRoute(services, actorOf(request), route, wanted);
    return presentDestinations(mapped, baseUrl(request));
  });

  server.patch<Guid>(path, async request => {
    const route = store.get('route', request.params.guid);
    const wanted = destinationsFor(services, route, parseBody(destinationsSchema, request.body));
    const mapped = await replaceDestinations(services, actorOf(request), route, wanted);
    return presentDestinations(mapped, baseUrl(request));
  });

  server.delete<{ Params: { guid: string; destination: string } }>(
    `${path}/:destination`,
    async (request, reply) => {
      const route = store.get('route', request.params.guid);
      const { destination } = request.params;
      if (!route.destinations.some(to => to.guid === destination)) {
        throw new SprueError('RESOURCE_NOT_FOUND', { kind: 'Destination' });
      }
      await unmapRoute(services, actorOf(request), route, to => to.guid === destination);
      return reply.code(204).send();
    },
  );
}

function presentDestinations(record: RouteRecord, base: string): Destinations {
  const route = `/v3/routes/${record.guid}`;
  return {
    destinations: record.destinations.map(presentDestination),
    links: { self: link(base, `${route}/destinations`), route: link(base, route) },
  };
}

function presentDestination(record: DestinationRecord): Destination {
  return {
    guid: record.guid,
    app: { guid: record.appGuid, process: { type: record.processType } },
    weight: null,
    port: record.port ?? DEFAULTS.appPort,
    protocol: record.protocol,
  };
}

function presenter(request: FastifyRequest): (record: RouteRecord) => Route {
  const base = baseUrl(request);
  return record => {
    const self = `/v3/routes/${record.guid}`;
    return {
      ...frame(record),
      protocol: 'http',
      host: record.host,
      path: record.path,
      port: null,
      url: record.url,
      destinations: record.destinations.map(presentDestination),
      options: record.options,
      relationships: { space: toOne(record.spaceGuid), domain: toOne(record.domainGuid) },
      links: {
        self: link(base, self),
        space: link(base, `/v3/spaces/${record.spaceGuid}`),
        domain: link(base, `/v3/domains/${record.domainGuid}`),
        destinations: link(base, `${self}/destinations`),
      },
    };
  };
}
