import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Build, buildCreateSchema } from '../../proto/v3/build.ts';
import { createBuild } from '../actions/builds.ts';
import { DEFAULTS } from '../domain/limits.ts';
import type { BuildRecord } from '../domain/records.ts';
import type { Services } from '../services.ts';
import { actorOf } from './authenticate.ts';
import { link, toOne } from './links.ts';
import { answerList, type Filters, frame } from './list-query.ts';
import { parseBody } from './parse-body.ts';
import { related } from './related.ts';
import { baseUrl } from './request-url.ts';

type Guid = { Params: { guid: string } };

export function registerBuilds(server: FastifyInstance, services: Services): void {
  const { store } = services;
  const filters: Filters<BuildRecord> = {
    app_guids: build => build.appGuid,
    package_guids: build => build.packageGuid,
    states: build => build.state,
  };

  server.get('/v3/builds', request =>
    answerList(request, store.all('build'), filters, presenter(request)),
  );

  server.get<Guid>('/v3/apps/:guid/builds', request => {
    const { guid } = store.get('app', request.params.guid);
    return answerList(request, store.ownedBy('build', guid), filters, presenter(request));
  });

  server.post('/v3/builds', async (request, reply) => {
    const { package: from, ...wanted } = parseBody(buildCreateSchema, request.body);
    const source = related(store, 'package', from.guid);
    const build = await createBuild(services, actorOf(request), source, wanted);
    return reply.code(201).send(presenter(request)(build));
  });

  server.get<Guid>('/v3/builds/:guid', request =>
    presenter(request)(store.get('build', request.params.guid)),
  );
}

function presenter(request: FastifyRequest): (record: BuildRecord) => Build {
  const base = baseUrl(request);
  const { actor } = request;
  return record => {
    const droplet = record.state === 'STAGED' ? { guid: record.dropletGuid } : null;
    return {
      ...frame(record),
      state: record.state,
      error: record.error ?? null,
      staging_memory_in_mb: record.memoryMib,
      staging_disk_in_mb: record.diskMib,
      lifecycle: {
        type: 'buildpack',
        data: { buildpacks: record.buildpacks, stack: DEFAULTS.stack },
      },
      package: { guid: record.packageGuid },
      droplet,
      created_by: { guid: actor?.guid ?? '', name: actor?.name ?? '' },
      relationships: { app: toOne(record.appGuid) },
      links: {
        self: link(base, `/v3/builds/${record.guid}`),
        app: link(base, `/v3/apps/${record.appGuid}`),
        ...(droplet && { droplet: link(base, `/v3/droplets/${droplet.guid}`) }),
      },
    };
  };
}
