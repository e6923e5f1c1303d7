import type { FastifyInstance, FastifyRequest } from 'fastify';
import { SprueError } from '../../core/errors.ts';
import {
  type App,
  type AppCreate,
  appCreateSchema,
  appUpdateSchema,
  currentDropletSchema,
} from '../../proto/v3/app.ts';
import {
  assignDroplet,
  createApp,
  deleteApp,
  restartApp,
  startApp,
  stopApp,
} from '../actions/apps.ts';
import { mergeMetadata } from '../domain/labels.ts';
import { DEFAULTS } from '../domain/limits.ts';
import { checkName } from '../domain/names.ts';
import type { AppRecord } from '../domain/records.ts';
import type { Actor, Services } from '../services.ts';
import { actorOf } from './authenticate.ts';
import { presentDroplet } from './droplets.ts';
import { answerJob } from './jobs.ts';
import { link, toOne } from './links.ts';
import { answerList, frame } from './list-query.ts';
import { parseBody } from './parse-body.ts';
import { related } from './related.ts';
import { baseUrl } from './request-url.ts';

type Guid = { Params: { guid: string } };

export function registerApps(server: FastifyInstance, services: Services): void {
  const { store, audit, appLog } = services;

  server.get('/v3/apps', request => {
    const filters = {
      names: (app: AppRecord) => app.name,
      space_guids: (app: AppRecord) => app.spaceGuid,
      organization_guids: (app: AppRecord) => store.get('space', app.spaceGuid).organizationGuid,
    };
    return answerList(request, store.all('app'), filters, presenter(request));
  });

  server.post('/v3/apps', async (request, reply) => {
    const body = parseBody(appCreateSchema, request.body);
    const app = await createApp(services, actorOf(request), {
      name: body.name,
      space: related(store, 'space', body.relationships.space.data.guid),
      buildpacks: buildpacksOf(body.lifecycle) ?? [],
      env: body.environment_variables ?? {},
    });
    const labelled = await store.modify('app', app.guid, before =>
      body.metadata ? { ...before, ...mergeMetadata(before, body.metadata) } : before,
    );
    return reply.code(201).send(presenter(request)(labelled));
  });

  server.get<Guid>('/v3/apps/:guid', request =>
    presenter(request)(store.get('app', request.params.guid)),
  );

  server.patch<Guid>('/v3/apps/:guid', async request => {
    const { name, lifecycle, metadata } = parseBody(appUpdateSchema, request.body);
    const { guid } = store.get('app', request.params.guid);
    const buildpacks = buildpacksOf(lifecycle);
    const updated = await store.modify('app', guid, before => ({
      ...before,
      ...(name !== undefined && { name: checkName(name, 'an app') }),
      ...(buildpacks && { buildpacks }),
      ...mergeMetadata(before, metadata),
    }));
    const change = { ...(name !== undefined && { name }), ...(buildpacks && { buildpacks }) };
    appLog.write(guid, `Updated app with guid ${guid} (${JSON.stringify(change)})`);
    audit.about(updated, 'audit.app.update', actorOf(request), { request: change });
    return presenter(request)(updated);
  });

  server.delete<Guid>('/v3/apps/:guid', async (request, reply) => {
    const app = store.get('app', request.params.guid);
    await services.exclusive(app.guid, () => deleteApp(services, actorOf(request), app));
    return answerJob(request, reply, 'app.delete', app.guid);
  });

  registerAppActions(server, services);
  registerAppDroplet(server, services);
}

/** Start, stop and restart. */
function registerAppActions(server: FastifyInstance, services: Services): void {
  const actions: Record<string, (s: Services, actor: Actor, app: AppRecord) => Promise<AppRecord>> =
    { start: startApp, stop: stopApp, restart: restartApp };
  for (const [name, action] of Object.entries(actions)) {
    server.post<Guid>(`/v3/apps/:guid/actions/${name}`, request => {
      const { guid } = services.store.get('app', request.params.guid);
      return services.exclusive(guid, async () => {
        const app = await action(services, actorOf(request), services.store.get('app', guid));
        return presenter(request)(app);
      });
    });
  }
}

function registerAppDroplet(server: FastifyInstance, services: Services): void {
  const { store } = services;

  server.get<Guid>('/v3/apps/:guid/droplets/current', request => {
    const { currentDropletGuid } = store.get('app', request.params.guid);
    const droplet = currentDropletGuid && store.find('droplet', currentDropletGuid);
    if (!droplet) throw new SprueError('RESOURCE_NOT_FOUND', { kind: 'Droplet' });
    return presentDroplet(droplet, baseUrl(request));
  });

  server.get<Guid>('/v3/apps/:guid/relationships/current_droplet', request => {
    const { guid, currentDropletGuid } = store.get('app', request.params.guid);
    if (currentDropletGuid === undefined) {
      throw new SprueError('RESOURCE_NOT_FOUND', { kind: 'Droplet' });
    }
    return { ...toOne(currentDropletGuid), links: dropletLinks(baseUrl(request), guid) };
  });

  server.patch<Guid>('/v3/apps/:guid/relationships/current_droplet', async request => {
    const app = store.get('app', request.params.guid);
    const { guid } = parseBody(currentDropletSchema, request.body).data;
    await services.exclusive(app.guid, () => assignDroplet(services, actorOf(request), app, guid));
    return { ...toOne(guid), links: dropletLinks(baseUrl(request), app.guid) };
  });
}

function dropletLinks(base: string, appGuid: string) {
  return {
    self: link(base, `/v3/apps/${appGuid}/relationships/current_droplet`),
    related: link(base, `/v3/apps/${appGuid}/droplets/current`),
  };
}

/** @throws SprueError `NOT_OFFERED` for images and the like */
function buildpacksOf(lifecycle: AppCreate['lifecycle']): readonly string[] | undefined {
  if (lifecycle === undefined) return undefined;
  if (lifecycle.type !== 'buildpack') {
    throw new SprueError('NOT_OFFERED', { feature: `the lifecycle “${lifecycle.type}”` });
  }
  return lifecycle.data?.buildpacks ?? [];
}

function presenter(request: FastifyRequest): (record: AppRecord) => App {
  const base = baseUrl(request);
  return record => {
    const self = `/v3/apps/${record.guid}`;
    return {
      ...frame(record),
      name: record.name,
      state: record.state,
      lifecycle: {
        type: 'buildpack',
        data: { buildpacks: record.buildpacks, stack: DEFAULTS.stack },
      },
      relationships: {
        space: toOne(record.spaceGuid),
        current_droplet: toOne(record.currentDropletGuid),
      },
      links: {
        self: link(base, self),
        space: link(base, `/v3/spaces/${record.spaceGuid}`),
        processes: link(base, `${self}/processes`),
        packages: link(base, `${self}/packages`),
        environment_variables: link(base, `${self}/environment_variables`),
        current_droplet: link(base, `${self}/droplets/current`),
        start: link(base, `${self}/actions/start`, 'POST'),
        stop: link(base, `${self}/actions/stop`, 'POST'),
      },
    };
  };
}
