import type { FastifyInstance, FastifyRequest } from 'fastify';
import { rfc3339 } from '../../core/clock.ts';
import { SprueError } from '../../core/errors.ts';
import { type Deployment, deploymentCreateSchema } from '../../proto/v3/deployment.ts';
import { cancelDeployment, createDeployment } from '../actions/deployments.ts';
import type { DeploymentRecord } from '../domain/records.ts';
import { deploymentProgress } from '../reconcile/advance-deployment.ts';
import { isActive, loadModel, loadWorld } from '../reconcile/load-app.ts';
import type { Services } from '../services.ts';
import { actorOf } from './authenticate.ts';
import { link, toOne } from './links.ts';
import { answerList, type Filters, frame } from './list-query.ts';
import { parseBody } from './parse-body.ts';
import { related } from './related.ts';
import { baseUrl } from './request-url.ts';

type Guid = { Params: { guid: string } };

export function registerDeployments(server: FastifyInstance, services: Services): void {
  const { store } = services;
  const filters: Filters<DeploymentRecord> = {
    app_guids: deployment => deployment.appGuid,
    status_values: deployment => statusValue(deployment),
    status_reasons: deployment => deployment.state,
  };

  server.get('/v3/deployments', request =>
    answerList(request, store.all('deployment'), filters, presenter(services, request)),
  );

  server.post('/v3/deployments', async (request, reply) => {
    const body = parseBody(deploymentCreateSchema, request.body);
    if (body.strategy === 'canary') {
      throw new SprueError('NOT_OFFERED', { feature: 'the strategy “canary”' });
    }
    const { guid } = related(store, 'app', body.relationships.app.data.guid);
    const deployment = await services.exclusive(guid, () =>
      createDeployment(services, actorOf(request), store.get('app', guid), {
        dropletGuid: body.droplet?.guid,
        maxInFlight: body.options?.max_in_flight ?? undefined,
      }),
    );
    return reply.code(201).send(presenter(services, request)(deployment));
  });

  server.get<Guid>('/v3/deployments/:guid', request =>
    presenter(services, request)(store.get('deployment', request.params.guid)),
  );

  server.post<Guid>('/v3/deployments/:guid/actions/cancel', async request => {
    const { guid, appGuid } = store.get('deployment', request.params.guid);
    const canceled = await services.exclusive(appGuid, () =>
      cancelDeployment(services, actorOf(request), store.get('deployment', guid)),
    );
    return presenter(services, request)(canceled);
  });
}

function statusValue(deployment: DeploymentRecord): 'ACTIVE' | 'FINALIZED' {
  return isActive(deployment) ? 'ACTIVE' : 'FINALIZED';
}

function presenter(
  services: Services,
  request: FastifyRequest,
): (record: DeploymentRecord) => Deployment {
  const base = baseUrl(request);
  return record => {
    const self = `/v3/deployments/${record.guid}`;
    const { dropletGuid } = record.target;
    const previous = record.previous.dropletGuid;
    const value = statusValue(record);
    return {
      ...frame(record),
      strategy: 'rolling',
      status: {
        value,
        reason: record.state,
        details: { last_status_change: rfc3339(record.stateSinceMs) },
      },
      options: { max_in_flight: record.maxInFlight },
      droplet: dropletGuid === undefined ? null : { guid: dropletGuid },
      previous_droplet: previous === undefined ? null : { guid: previous },
      new_processes: record.processes.map(({ guid, type }) => ({ guid, type })),
      revision: null,
      relationships: { app: toOne(record.appGuid) },
      links: {
        self: link(base, self),
        app: link(base, `/v3/apps/${record.appGuid}`),
        ...(value === 'ACTIVE' && { cancel: link(base, `${self}/actions/cancel`, 'POST') }),
      },
      sprue: { ...progress(services, record), failure: record.failure ?? null },
    };
  };
}

function progress(services: Services, record: DeploymentRecord) {
  const model = loadModel(services.store, record.appGuid);
  if (model === undefined) return { ready_instances: 0, wanted_instances: 0 };
  const { ready, wanted } = deploymentProgress(
    { ...model, processes: model.processes.map(process => atTarget(process, record)) },
    loadWorld(services, record.appGuid),
  );
  return { ready_instances: ready, wanted_instances: wanted };
}

/** Right after its creation the processes still carry the version before. */
function atTarget<P extends { readonly guid: keyof DeploymentRecord['target']['versions'] }>(
  process: P,
  { target }: DeploymentRecord,
): P {
  const version = target.versions[process.guid];
  return version === undefined ? process : { ...process, version };
}
