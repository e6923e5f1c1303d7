import type { Evidence, RouterObservation, TraceAttempt } from '../../proto/trace.ts';
import { formatAccessLine } from '../access-log/access-line.ts';
import type { AccessRecord } from '../wire/access-record.ts';
import type { RequestTrace } from '../wire/request-trace.ts';
import { sourceAddressTowards } from './source-address.ts';

export interface Observer {
  readonly agent: string;
  readonly host: string;
}

/** The record of one marked request as it is published. */
export async function routerObservation(
  trace: RequestTrace,
  record: AccessRecord,
  { agent, host }: Observer,
): Promise<RouterObservation> {
  const atMs = Date.now();
  const attempts = await Promise.all(trace.attempts(record).map(withSourceAddress));
  return {
    trace: trace.id,
    host,
    atMs,
    raw: [accessLine(record)],
    source: 'router',
    role: 'router',
    agent,
    client: trace.client,
    clientReused: trace.clientReused,
    requestId: record.requestId,
    ...(trace.route && { route: trace.route }),
    attempts,
    status: record.status,
    ...(record.routerError !== '' && { routerError: record.routerError }),
    totalMs: record.totalMs,
  };
}

/** A connection that did not come about has a port, but its address is still the wildcard. */
async function withSourceAddress(attempt: TraceAttempt): Promise<TraceAttempt> {
  const { local, endpoint } = attempt;
  if (local === undefined || (local.host !== '0.0.0.0' && local.host !== '::')) return attempt;
  const host = await sourceAddressTowards(endpoint.host, endpoint.port);
  if (host !== undefined) return { ...attempt, local: { ...local, host } };
  const { local: _, ...rest } = attempt;
  return rest;
}

/** Queries and referers may hold secrets. */
function accessLine(record: AccessRecord): Evidence {
  const [target = ''] = record.target.split('?', 1);
  const shown = Object.assign(Object.create(null) as AccessRecord, record, { target, referer: '' });
  const text = formatAccessLine(shown, {
    hideForwardedFor: false,
    hideSourceIp: false,
    redactQuery: 'none',
  });
  return { source: 'access log of the router, without query', text: text.trimEnd() };
}
