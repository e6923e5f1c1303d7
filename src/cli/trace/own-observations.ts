import { hostname } from 'node:os';
import type { Evidence, Flow, Observation, ObservationOf } from '../../proto/trace.ts';
import { formatAddress, formatFlow } from '../../trace/correlate/flow.ts';
import type { NameAnswer } from './ask-name-server.ts';
import type { RequestResult } from './marked-request.ts';
import { interfaceOf } from './reserve-port.ts';
import type { Resolution } from './resolve-name.ts';
import type { TracedUrl } from './traced-url.ts';

export interface Sent {
  readonly flow: Flow;
  readonly result: RequestResult;
  readonly resolvedMs: number;
}

/** What the client itself saw. Times of the connection are put behind the time that resolving took. */
export function ownObservations(
  trace: string,
  url: TracedUrl,
  resolution: Resolution,
  { flow, result, resolvedMs }: Sent,
): Observation[] {
  const { timings, ...rest } = result;
  const shifted = Object.fromEntries(
    Object.entries(timings).map(([name, ms]) => [name, (ms ?? 0) + resolvedMs]),
  );
  const device = interfaceOf(flow.source.host);
  const client: ObservationOf<'client'> = {
    ...frame(trace, [socketEvidence(flow, result)]),
    source: 'client',
    role: 'client',
    name: url.host,
    resolvedBy: resolution.by,
    flow,
    ...(device !== undefined && {
      route: `${flow.destination.host} dev ${device} src ${flow.source.host}`,
    }),
    ...rest,
    timings: { resolvedMs, ...shifted, endMs: timings.endMs + resolvedMs },
  };
  return [...nameObservation(trace, resolution), client];
}

export function nameObservation(trace: string, { asked }: Resolution): ObservationOf<'dns'>[] {
  if (asked === undefined) return [];
  const { server, name, answer } = asked;
  return [
    {
      ...frame(trace, [dnsEvidence(formatAddress(server), answer)]),
      source: 'dns',
      role: 'client',
      server: formatAddress(server),
      question: { name, type: 'A' },
      ...answer,
      answers: [...answer.answers],
    },
  ];
}

export function frame(
  trace: string,
  raw: readonly Evidence[] = [],
): Pick<Observation, 'trace' | 'host' | 'atMs' | 'raw'> {
  return { trace, host: hostname(), atMs: Date.now(), raw: [...raw] };
}

function dnsEvidence(server: string, { code, authoritative, answers }: NameAnswer): Evidence {
  const records = answers.map(
    ({ name, type, data, ttlSeconds }) => `${name}. ${ttlSeconds} IN ${type} ${data}`,
  );
  const head = `status: ${code}, flags:${authoritative ? ' aa' : ''}`;
  return { source: `answer of ${server}`, text: [head, ...records].join('\n') };
}

function socketEvidence(flow: Flow, { timings }: RequestResult): Evidence {
  const marks = Object.entries(timings).map(([name, ms]) => `${name} ${(ms ?? 0).toFixed(2)}`);
  return {
    source: 'the client’s own socket',
    text: `${formatFlow(flow)}\nsince it was begun: ${marks.join(', ')}`,
  };
}
