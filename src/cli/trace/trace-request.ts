import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type { Flow, Observation, SocketAddress } from '../../proto/trace.ts';
import type { TraceSnapshot } from '../../proto/v3/trace.ts';
import type { TracesApi } from '../api/traces-api.ts';
import { type RequestResult, sendMarked } from './marked-request.ts';
import { frame, nameObservation, ownObservations } from './own-observations.ts';
import { reservePort, sourceAddress } from './reserve-port.ts';
import { type Resolution, resolveName } from './resolve-name.ts';
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
}

/** Agents answer within milliseconds; who has not by then is shown as missing. */
const GATHER_MS = 900;
const DISARM_MARGIN_MS = 5_000;
const MAX_FOR_MS = 30_000;

/**
 * One traced request: resolves, binds a port, has the agents look out for it, sends it, and gathers
 * what everybody saw. Whatever happens, the agents disarm.
 */
export async function traceRequest(api: TracesApi, options: TraceOptions): Promise<TraceSnapshot> {
  const { url, signal } = options;
  const startedMs = performance.now();
  const resolution: Resolution = options.address
    ? { address: options.address, by: 'given' }
    : await resolveName(url.host, options.server ? { server: options.server } : {});
  const resolvedMs = performance.now() - startedMs;
  if (resolution.address === undefined) return unresolved(url, resolution, resolvedMs);
  const destination = { host: resolution.address, port: url.port };
  const flow = await bindFlow(destination);
  if (flow === undefined) return unreachable(url, resolution, destination, resolvedMs);

  const { id } = await api.begin({
    host: url.host,
    path: url.path,
    flow,
    for_ms: Math.min(MAX_FOR_MS, options.timeoutMs + DISARM_MARGIN_MS),
    figures: options.figures,
  });
  try {
    const result = await sendMarked({ ...options, ...options.url, trace: id, flow });
    const own = ownObservations(id, url, resolution, { flow, result, resolvedMs });
    await api.tell(id, own);
    return await api.read(id, GATHER_MS, signal);
  } finally {
    await api.end(id).catch(() => {}); // they disarm by themselves a little later
  }
}

/** @returns `undefined` when the kernel knows no way there */
async function bindFlow(destination: SocketAddress): Promise<Flow | undefined> {
  try {
    const host = await sourceAddress(destination);
    return { source: { host, port: await reservePort(host) }, destination };
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'ENETUNREACH' || code === 'EHOSTUNREACH') return undefined;
    throw thrown;
  }
}

/** Nobody was asked to look out for a request that could not even be begun. */
function unresolved(url: TracedUrl, resolution: Resolution, resolvedMs: number): TraceSnapshot {
  const trace = randomBytes(16).toString('hex');
  return alone(trace, [
    ...nameObservation(trace, resolution),
    {
      ...frame(trace),
      source: 'client',
      role: 'client',
      name: url.host,
      resolvedBy: resolution.by,
      outcome: 'not-resolved',
      timings: { resolvedMs, endMs: resolvedMs },
    },
  ]);
}

function unreachable(
  url: TracedUrl,
  resolution: Resolution,
  destination: SocketAddress,
  resolvedMs: number,
): TraceSnapshot {
  const trace = randomBytes(16).toString('hex');
  const flow = { source: { host: '0.0.0.0', port: 0 }, destination };
  const timings = { endMs: 0 };
  const result: RequestResult = { outcome: 'connect-unreachable', timings };
  return alone(trace, ownObservations(trace, url, resolution, { flow, result, resolvedMs }));
}

function alone(id: string, observations: readonly Observation[]): TraceSnapshot {
  const names = { hosts: {}, apps: {} };
  return { id, complete: true, armed: [], silent: [], observations, names };
}
