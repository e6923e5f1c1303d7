import type {
  Observation,
  ObservationOf,
  RouterObservation,
  TraceAttempt,
} from '../../proto/trace.ts';
import { sameAddress, sameFlow } from './flow.ts';

/** What was seen of one attempt of the router. */
export interface AttemptEvidence {
  readonly attempt: TraceAttempt;
  readonly nat: ObservationOf<'dea-nat'> | undefined;
  readonly container: ObservationOf<'container'> | undefined;
}

/** The observations that tell of one and the same request, each at its place on the route. */
export interface JoinedTrace {
  readonly dns: ObservationOf<'dns'> | undefined;
  /** The same answer from the zone's own side. */
  readonly zone: ObservationOf<'dns'> | undefined;
  readonly client: ObservationOf<'client'>;
  readonly edge: ObservationOf<'edge-nat'> | undefined;
  readonly router: RouterObservation | undefined;
  readonly attempts: readonly AttemptEvidence[];
}

/**
 * Picks what belongs together: by trace, then by request id and addresses. Time is not looked at, so
 * that hosts whose clocks differ cannot be put in a wrong order.
 * @returns `undefined` while the client's own observation is not there
 */
export function join(trace: string, all: readonly Observation[]): JoinedTrace | undefined {
  const mine = all.filter(observation => observation.trace === trace);
  const client = ofSource(mine, 'client')[0];
  if (client === undefined) return undefined;
  const router = findRouter(ofSource(mine, 'router'), client);
  const dns = ofSource(mine, 'dns');
  return {
    dns: dns.find(({ role }) => role === 'client'),
    zone: dns.find(({ role, question }) => role === 'edge' && isSameName(question.name, client)),
    client,
    edge: findEdge(ofSource(mine, 'edge-nat'), client, router),
    router,
    attempts: (router?.attempts ?? []).map(attempt => ({
      attempt,
      nat: ofSource(mine, 'dea-nat').find(
        nat => isAbout(nat, router, attempt) && fits(nat, attempt),
      ),
      container: ofSource(mine, 'container').find(seen => isAbout(seen, router, attempt)),
    })),
  };
}

function ofSource<S extends Observation['source']>(
  all: readonly Observation[],
  source: S,
): ObservationOf<S>[] {
  return all.filter((item): item is ObservationOf<S> => item.source === source);
}

/** A client that sent its mark twice has several records: the answer names the right one. */
function findRouter(
  records: readonly RouterObservation[],
  { requestId, flow }: ObservationOf<'client'>,
): RouterObservation | undefined {
  const answered = records.find(
    record => requestId !== undefined && record.requestId === requestId,
  );
  if (answered !== undefined) return answered;
  const connected = records.find(record => flow !== undefined && sameFlow(record.client, flow));
  return connected ?? records[0];
}

/** The edge's packet is the one that the client sent or, past another NAT, the one the router got. */
function findEdge(
  all: readonly ObservationOf<'edge-nat'>[],
  { flow }: ObservationOf<'client'>,
  router: RouterObservation | undefined,
): ObservationOf<'edge-nat'> | undefined {
  return (
    all.find(({ before }) => flow !== undefined && sameFlow(before, flow)) ??
    all.find(({ after }) => after !== undefined && router && sameFlow(after, router.client))
  );
}

function isAbout(
  { subject }: ObservationOf<'dea-nat'> | ObservationOf<'container'>,
  router: RouterObservation | undefined,
  attempt: TraceAttempt,
): boolean {
  return subject.requestId === router?.requestId && subject.attempt === attempt.n;
}

/** An agent that found another connection than the router's has found nothing. */
function fits({ before }: ObservationOf<'dea-nat'>, { endpoint, local }: TraceAttempt): boolean {
  if (!sameAddress(before.destination, endpoint)) return false;
  return local === undefined || sameAddress(before.source, local);
}

function isSameName(name: string, client: ObservationOf<'client'>): boolean {
  const plain = (text: string) => text.toLowerCase().replace(/\.$/, '');
  return plain(name) === plain(client.name);
}
