import type { Evidence, Flow, Observation, ObservationOf } from '../../proto/trace.ts';
import { formatAddress, formatFlow } from '../../trace/correlate/flow.ts';
import type { NameAnswer } from './ask-name-server.ts';
import type { RequestResult } from './marked-request.ts';
import type { Resolution } from './resolve-name.ts';
import type { BoundFlow, SendingPlace } from './sending-place.ts';
import type { TracedUrl } from './traced-url.ts';

/** What is known before anything is sent. */
export interface Known {
  readonly url: TracedUrl;
  readonly place: SendingPlace;
  readonly resolution: Resolution;
}

export interface Sent extends BoundFlow {
  readonly result: RequestResult;
}

/** What the client itself saw. Times of the connection are put behind the time that resolving took. */
export function ownObservations(
  trace: string,
  known: Known,
  { flow, device, result }: Sent,
): Observation[] {
  const { timings, ...rest } = result;
  const resolvedMs = known.resolution.ms;
  const shifted = Object.fromEntries(
    Object.entries(timings).map(([name, ms]) => [name, (ms ?? 0) + resolvedMs]),
  );
  const route = device && `${flow.destination.host} dev ${device} src ${flow.source.host}`;
  return [
    ...nameObservation(trace, known),
    {
      ...clientFrame(trace, known, [socketEvidence(flow, result)]),
      flow,
      ...(route && { route }),
      ...rest,
      timings: { resolvedMs, ...shifted, endMs: timings.endMs + resolvedMs },
    },
  ];
}

/** The same for a name without an address. */
export function unresolvedObservations(trace: string, known: Known): Observation[] {
  const resolvedMs = known.resolution.ms;
  const timings = { resolvedMs, endMs: resolvedMs };
  const client = { ...clientFrame(trace, known), outcome: 'not-resolved' as const, timings };
  return [...nameObservation(trace, known), client];
}

function nameObservation(trace: string, { resolution, place }: Known): ObservationOf<'dns'>[] {
  const { asked } = resolution;
  if (asked === undefined) return [];
  const { server, name, answer } = asked;
  return [
    {
      ...frame(trace, place, [dnsEvidence(formatAddress(server), answer)]),
      source: 'dns',
      role: 'client',
      server: formatAddress(server),
      question: { name, type: 'A' },
      ...answer,
      answers: [...answer.answers],
    },
  ];
}

type ClientFrame = Omit<ObservationOf<'client'>, 'outcome' | 'timings'>;

function clientFrame(
  trace: string,
  { url, place, resolution }: Known,
  raw: readonly Evidence[] = [],
): ClientFrame {
  return {
    ...frame(trace, place, raw),
    source: 'client',
    role: 'client',
    name: url.host,
    resolvedBy: resolution.by,
    ...(place.containerOn !== undefined && { containerOn: place.containerOn }),
  };
}

function frame(
  trace: string,
  place: SendingPlace,
  raw: readonly Evidence[],
): Pick<Observation, 'trace' | 'host' | 'atMs' | 'raw'> {
  return { trace, host: place.name, atMs: Date.now(), raw: [...raw] };
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
