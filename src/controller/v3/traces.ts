import type { FastifyInstance } from 'fastify';
import { SprueError } from '../../core/errors.ts';
import type { EdgeLease } from '../../proto/edge.ts';
import { MAX_TRACE_MS } from '../../proto/trace-limits.ts';
import {
  MAX_TRACE_WAIT_MS,
  type SilentAgent,
  type TraceCreated,
  type TraceNames,
  type TraceSnapshot,
  traceCreateSchema,
  traceObservationsSchema,
  type ZoneRecord,
} from '../../proto/v3/trace.ts';
import { matchRoute } from '../domain/match-route.ts';
import type { Services } from '../services.ts';
import { isComplete } from '../traces/is-complete.ts';
import type { Trace } from '../traces/trace.ts';
import { actorOf } from './authenticate.ts';
import { parseBody } from './parse-body.ts';

interface TraceRequest {
  Params: { id: string };
  Querystring: { wait_ms?: string };
}

/** Sprue's own addition: traces of single requests. `proto/trace.ts` says how they work. */
export function registerTraces(server: FastifyInstance, services: Services): void {
  const { traces, stopping } = services;
  const deaAt = (address: string) =>
    services.fleet.deas.live().find(dea => dea.address === address)?.id;
  const isDone = ({ armed, silent, observations }: Trace) =>
    isComplete({ agents: [...armed, ...silent], observations, deaAt });

  server.post('/sprue/v1/traces', async (request, reply) => {
    const body = parseBody(traceCreateSchema, request.body);
    const appGuids = appsBehind(services, body.host, body.path);
    const { host, path, flow, for_ms: forMs = MAX_TRACE_MS, figures = false } = body;
    const start = { forMs, flow, host, path, appGuids, figures };
    const trace = await traces.start(actorOf(request).guid, start, agentsOf(services));
    const { id, armed, silent } = trace;
    reply.code(201);
    return { id, for_ms: forMs, armed, silent } satisfies TraceCreated;
  });

  server.get<TraceRequest>('/sprue/v1/traces/:id', async request => {
    const trace = traces.get(request.params.id, actorOf(request).guid);
    await trace.until(() => isDone(trace), waitMs(request.query.wait_ms), stopping);
    return snapshot(services, trace, isDone(trace));
  });

  server.post<TraceRequest>('/sprue/v1/traces/:id/observations', async (request, reply) => {
    const trace = traces.get(request.params.id, actorOf(request).guid);
    const { observations } = parseBody(traceObservationsSchema, request.body);
    for (const observation of observations) {
      if (observation.role !== 'client' || observation.trace !== trace.id) {
        const reason = 'observations must be the client’s own, of this trace';
        throw new SprueError('BODY_INVALID', { reason });
      }
      trace.add(observation);
      // It never reached a router: whoever watched for it tells now what did not come.
      if (observation.source === 'client' && observation.outcome.startsWith('connect-')) {
        traces.disarm(trace);
      }
    }
    return reply.code(204).send();
  });

  server.delete<TraceRequest>('/sprue/v1/traces/:id', (request, reply) => {
    traces.end(traces.get(request.params.id, actorOf(request).guid));
    return reply.code(204).send();
  });
}

/** @throws SprueError `TRACE_FOREIGN` */
function appsBehind({ store }: Services, host: string, path: string): string[] {
  const domains = store.all('domain').map(({ name }) => name);
  if (!domains.some(domain => host === domain || host.endsWith(`.${domain}`))) {
    throw new SprueError('TRACE_FOREIGN', { host, domains: domains.join(', ') || 'none' });
  }
  const route = matchRoute(host, path, store.all('route'));
  return [...new Set((route?.destinations ?? []).map(({ appGuid }) => appGuid))];
}

function agentsOf({ fleet, routers, edges }: Services): SilentAgent[] {
  return [
    ...edges.live().map(({ id, host }) => ({ role: 'edge' as const, agent: id, name: host })),
    ...routers
      .live()
      .map(({ id, host, name = host }) => ({ role: 'router' as const, agent: id, name })),
    ...fleet.deas.live().map(({ id }) => ({ role: 'dea' as const, agent: id, name: id })),
  ];
}

function snapshot(services: Services, trace: Trace, complete: boolean): TraceSnapshot {
  const { id, armed, silent, observations } = trace;
  return { id, complete, armed, silent, observations, names: namesFor(services, trace) };
}

function namesFor(
  { fleet, store, edges }: Services,
  { observations, appGuids, host }: Trace,
): TraceNames {
  const tried = observations.flatMap(item =>
    item.source === 'router' ? item.attempts.flatMap(({ appGuid }) => appGuid ?? []) : [],
  );
  const zone = zoneRecord(edges.live(), host);
  return {
    ...(zone && { zone }),
    hosts: Object.fromEntries(fleet.deas.live().map(({ address, id }) => [address, id])),
    apps: Object.fromEntries(
      [...new Set([...appGuids, ...tried])].flatMap(guid => {
        const app = store.find('app', guid);
        return app ? [[guid, app.name]] : [];
      }),
    ),
  };
}

/** The record that an edge's name server answers for a host with; a wildcard as for routes. */
function zoneRecord(edges: readonly EdgeLease[], host: string): ZoneRecord | undefined {
  for (const { host: edge, dns } of edges) {
    const records = dns.zones.flatMap(zone => zone.records).filter(({ type }) => type === 'A');
    const names = records.map(({ name }) => ({ url: name.replace(/\.$/, '') }));
    const record = matchRoute(host, '/', names);
    if (record) return { host: edge, addresses: dns.server.addresses, record: record.url };
  }
  return undefined;
}

function waitMs(text = '0'): number {
  if (!/^\d{1,6}$/.test(text)) {
    throw new SprueError('QUERY_INVALID', { reason: 'wait_ms must be a whole number' });
  }
  return Math.min(MAX_TRACE_WAIT_MS, Number(text));
}
