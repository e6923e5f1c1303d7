import type { FastifyInstance, FastifyRequest } from 'fastify';
import { SprueError } from '../../core/errors.ts';
import {
  type EmbeddedInstance,
  type Process,
  type ProcessUpdate,
  processScaleSchema,
  processUpdateSchema,
} from '../../proto/v3/process.ts';
import { scaleProcess, terminateInstance, updateProcess } from '../actions/processes.ts';
import { readStats } from '../actions/read-stats.ts';
import { mergeMetadata } from '../domain/labels.ts';
import type { SettingsChange } from '../domain/process-version.ts';
import type { ProcessRecord } from '../domain/records.ts';
import type { Services } from '../services.ts';
import { actorOf } from './authenticate.ts';
import { link, toOne } from './links.ts';
import { answerList, type Filters, frame, listParameter } from './list-query.ts';
import { parseBody } from './parse-body.ts';
import { baseUrl } from './request-url.ts';

type Params = { guid: string; type: string };
type Find = (params: Params) => ProcessRecord;

export function registerProcesses(server: FastifyInstance, services: Services): void {
  const { store } = services;
  const filters: Filters<ProcessRecord> = {
    app_guids: process => process.appGuid,
    space_guids: process => store.get('app', process.appGuid).spaceGuid,
    types: process => process.type,
  };

  server.get<{ Querystring: Record<string, string | undefined> }>('/v3/processes', request => {
    const present = presenter(services, request);
    if (!listParameter(request.query, 'embed')?.has('process_instances')) {
      return answerList(request, store.all('process'), filters, present);
    }
    return answerList(request, store.all('process'), filters, process => ({
      ...present(process),
      process_instances: embeddedInstances(services, process),
    }));
  });

  server.get<{ Params: Params }>('/v3/apps/:guid/processes', request => {
    const { guid } = store.get('app', request.params.guid);
    const processes = store.ownedBy('process', guid);
    return answerList(request, processes, filters, presenter(services, request));
  });

  registerProcess(server, services, '/v3/processes/:guid', ({ guid }) =>
    store.get('process', guid),
  );
  registerProcess(server, services, '/v3/apps/:guid/processes/:type', ({ guid, type }) => {
    const app = store.get('app', guid);
    const process = store.ownedBy('process', app.guid).find(one => one.type === type);
    if (process === undefined) throw new SprueError('RESOURCE_NOT_FOUND', { kind: 'Process' });
    return process;
  });
}

/** A process is reached by its guid, or by its app and type: the same operations at both places. */
function registerProcess(
  server: FastifyInstance,
  services: Services,
  path: string,
  find: Find,
): void {
  const { store } = services;
  type Route = { Params: Params };

  server.get<Route>(path, request => presenter(services, request)(find(request.params)));

  server.patch<Route>(path, async request => {
    const body = parseBody(processUpdateSchema, request.body);
    const { guid, appGuid } = find(request.params);
    const process = await services.exclusive(appGuid, async () => {
      const before = store.get('process', guid);
      await updateProcess(services, actorOf(request), before, settingsChange(body));
      return store.modify('process', guid, one => ({
        ...one,
        ...mergeMetadata(one, body.metadata),
      }));
    });
    return presenter(services, request)(process);
  });

  server.post<Route>(`${path}/actions/scale`, async (request, reply) => {
    const scale = parseBody(processScaleSchema, request.body);
    const { guid, appGuid } = find(request.params);
    const process = await services.exclusive(appGuid, () =>
      scaleProcess(services, actorOf(request), store.get('process', guid), scale),
    );
    return reply.code(202).send(presenter(services, request)(process));
  });

  server.get<Route>(`${path}/stats`, request => readStats(services, find(request.params)));

  server.get<Route>(`${path}/sidecars`, request => {
    find(request.params);
    return answerList(request, [], {}, nothing => nothing);
  });

  server.delete<{ Params: Params & { index: string } }>(
    `${path}/instances/:index`,
    async (request, reply) => {
      const { guid, appGuid } = find(request.params);
      const { index } = request.params;
      if (!/^\d{1,5}$/.test(index))
        throw new SprueError('RESOURCE_NOT_FOUND', { kind: 'Instance' });
      await services.exclusive(appGuid, () =>
        terminateInstance(services, actorOf(request), store.get('process', guid), Number(index)),
      );
      return reply.code(204).send();
    },
  );
}

function settingsChange({ command, health_check }: ProcessUpdate): SettingsChange {
  return {
    command,
    healthCheck: {
      type: health_check?.type,
      endpoint: health_check?.data?.endpoint,
      startTimeoutSec: health_check?.data?.timeout,
      invocationTimeoutSec: health_check?.data?.invocation_timeout,
    },
  };
}

function embeddedInstances(services: Services, process: ProcessRecord): EmbeddedInstance[] {
  const { fleet, clock, store } = services;
  const isStarted = store.get('app', process.appGuid).state === 'STARTED';
  const actual = fleet.actualOf(process.appGuid).filter(one => one.processGuid === process.guid);
  return Array.from({ length: process.instances }, (_, index) => {
    const here = actual.filter(one => one.index === index);
    const shown = here.find(one => one.state === 'RUNNING') ?? here.at(-1);
    if (shown === undefined || !isStarted) return { index, state: 'DOWN', since: 0 };
    const since = Math.max(0, Math.floor((clock.now() - shown.sinceMs) / 1000));
    return { index, state: shown.state === 'STOPPED' ? 'DOWN' : shown.state, since };
  });
}

function presenter(
  { store }: Services,
  request: FastifyRequest,
): (record: ProcessRecord) => Process {
  const base = baseUrl(request);
  return record => {
    const self = `/v3/processes/${record.guid}`;
    const { settings, version } = record;
    const dropletGuid = store.get('app', record.appGuid).currentDropletGuid;
    const detected = dropletGuid && store.find('droplet', dropletGuid)?.processTypes[record.type];
    return {
      ...frame(record),
      type: record.type,
      command: settings.command ?? (detected || null),
      instances: record.instances,
      memory_in_mb: settings.memoryMib,
      disk_in_mb: settings.diskMib,
      log_rate_limit_in_bytes_per_second: record.logRateLimit,
      health_check: healthCheck(record),
      readiness_health_check: { type: 'process', data: {} },
      version: version?.guid ?? record.guid,
      relationships: { app: toOne(record.appGuid), revision: null },
      links: {
        self: link(base, self),
        scale: link(base, `${self}/actions/scale`, 'POST'),
        app: link(base, `/v3/apps/${record.appGuid}`),
        space: link(base, `/v3/spaces/${store.get('app', record.appGuid).spaceGuid}`),
        stats: link(base, `${self}/stats`),
      },
    };
  };
}

function healthCheck({ settings }: ProcessRecord): Process['health_check'] {
  const { type, endpoint, startTimeoutSec, invocationTimeoutSec } = settings.healthCheck;
  return {
    type,
    data: {
      timeout: startTimeoutSec,
      invocation_timeout: invocationTimeoutSec,
      ...(type === 'http' && { endpoint: endpoint ?? '/' }),
    },
  };
}
