import type { FastifyInstance } from 'fastify';
import {
  type AppEnv,
  type AppEnvironmentVariables,
  environmentVariablesUpdateSchema,
} from '../../proto/v3/app.ts';
import { mergeEnv } from '../actions/apps.ts';
import type { AppRecord } from '../domain/records.ts';
import { vcapApplication } from '../domain/vcap-application.ts';
import type { Services } from '../services.ts';
import { actorOf } from './authenticate.ts';
import { link } from './links.ts';
import { parseBody } from './parse-body.ts';
import { baseUrl } from './request-url.ts';

type Guid = { Params: { guid: string } };

/** Environment of an app: takes effect with its next start or deployment. */
export function registerAppEnv(server: FastifyInstance, services: Services): void {
  const { store, audit } = services;

  server.get<Guid>('/v3/apps/:guid/env', request => {
    const app = store.get('app', request.params.guid);
    return {
      staging_env_json: {},
      running_env_json: {},
      environment_variables: app.env,
      system_env_json: { VCAP_SERVICES: {} },
      application_env_json: { VCAP_APPLICATION: vcapOf(services, app) },
    } satisfies AppEnv;
  });

  server.get<Guid>('/v3/apps/:guid/environment_variables', request =>
    present(store.get('app', request.params.guid), baseUrl(request)),
  );

  server.patch<Guid>('/v3/apps/:guid/environment_variables', async request => {
    const changes = parseBody(environmentVariablesUpdateSchema, request.body).var;
    const { guid } = store.get('app', request.params.guid);
    const app = await store.modify('app', guid, before => ({
      ...before,
      env: mergeEnv(before.env, changes),
    }));
    // Names only: values may be secrets.
    const data = { request: { environment_variables: Object.keys(changes) } };
    audit.about(app, 'audit.app.update', actorOf(request), data);
    return present(app, baseUrl(request));
  });
}

function vcapOf({ store, config }: Services, app: AppRecord): Readonly<Record<string, unknown>> {
  const space = store.get('space', app.spaceGuid);
  const process = store.ownedBy('process', app.guid).find(one => one.type === 'web');
  if (process === undefined) return {};
  return vcapApplication({
    app,
    process,
    space,
    organization: store.get('organization', space.organizationGuid),
    uris: store.routesOf(app.guid).map(route => route.url),
    versionGuid: process.version?.guid ?? process.guid,
    apiUrl: config.apiUrl,
  });
}

function present(app: AppRecord, base: string): AppEnvironmentVariables {
  const self = `/v3/apps/${app.guid}`;
  return {
    var: app.env,
    links: { self: link(base, `${self}/environment_variables`), app: link(base, self) },
  };
}
