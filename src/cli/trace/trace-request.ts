import { randomBytes } from 'node:crypto';
import type { Flow, Observation, SocketAddress } from '../../proto/trace.ts';
import type { TraceSnapshot } from '../../proto/v3/trace.ts';
import type { TracesApi } from '../api/traces-api.ts';
import type { MarkedRequest, RequestResult } from './marked-request.ts';
import { type Known, ownObservations, unresolvedObservations } from './own-observations.ts';
import type { Resolution } from './resolve-name.ts';
import type { SendingPlace } from './sending-place.ts';
import type { TracedUrl } from './traced-url.ts';

export interface TraceOptions {
  readonly url: TracedUrl;
  readonly method: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string | undefined;
  /** Name server to ask instead of the system's. */
  readonly server?: SocketAddress;
  /** Dial this address whatever the name resolves to. */
  readonly address?: string;
  readonly figures: boolean;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly place: SendingPlace;
}

/** Agents answer within milliseconds; who has not by then is shown as missing. */
const GATHER_MS = 900;
/** Unless those who are missing live: then their machines are only busy. */
const GATHER_MORE_MS = 4_000;
const DISARM_MARGIN_MS = 5_000;
const MAX_FOR_MS = 30_000;

/**
 * One traced request: resolves, binds a port, has the agents look out for it, sends it, and gathers
 * what everybody saw. Whatever happens, the agents disarm.
 */
export async function traceRequest(api: TracesApi, options: TraceOptions): Promise<TraceSnapshot> {
  const { url, signal, place } = options;
  const resolution: Resolution = options.address
    ? { address: options.address, by: 'given', ms: 0 }
    : await place.resolve(url.host, options.server ? { server: options.server } : {});
  const known: Known = { url, place, resolution };
  if (resolution.address === undefined) return unresolved(known);
  const destination = { host: resolution.address, port: url.port };
  const bound = await place.bind(destination);
  if (bound === undefined) return unreachable(known, destination);

  const { id } = await api.begin({
    host: url.host,
    path: url.path,
    flow: bound.flow,
    for_ms: Math.min(MAX_FOR_MS, options.timeoutMs + DISARM_MARGIN_MS),
    figures: options.figures,
  });
  try {
    const result = await place.send(requestOf(id, bound.flow, options));
    await api.tell(id, ownObservations(id, known, { ...bound, result }));
    const snapshot = await api.read(id, GATHER_MS, signal);
    if (snapshot.complete || !areMissingAlive(snapshot)) return snapshot;
    return await api.read(id, GATHER_MORE_MS, signal);
  } finally {
    await api.end(id).catch(() => {}); // they disarm by themselves a little later
  }
}

/** All stood ready, or the hosts have just answered the request itself. */
function areMissingAlive({ silent, observations }: TraceSnapshot): boolean {
  const isAnswered = observations.some(
    item => item.source === 'router' && item.attempts.at(-1)?.outcome === 'answered',
  );
  return silent.length === 0 || isAnswered;
}

function requestOf(trace: string, flow: Flow, options: TraceOptions): MarkedRequest {
  const { method, headers, body, timeoutMs, signal } = options;
  const { target, hostHeader } = options.url;
  return { trace, flow, method, target, hostHeader, headers, body, timeoutMs, signal };
}

/** Nobody was asked to look out for a request that could not even be begun. */
function unresolved(known: Known): TraceSnapshot {
  const trace = randomBytes(16).toString('hex');
  return alone(trace, unresolvedObservations(trace, known));
}

function unreachable(known: Known, destination: SocketAddress): TraceSnapshot {
  const trace = randomBytes(16).toString('hex');
  const flow = { source: { host: '0.0.0.0', port: 0 }, destination };
  const result: RequestResult = { outcome: 'connect-unreachable', timings: { endMs: 0 } };
  return alone(trace, ownObservations(trace, known, { flow, device: undefined, result }));
}

function alone(id: string, observations: readonly Observation[]): TraceSnapshot {
  const names = { hosts: {}, apps: {} };
  return { id, complete: true, armed: [], silent: [], observations, names };
}
