import { HOP_TABLE_VERSION, type HopTable } from '../../proto/hop-table.ts';
import type { TraceNames, TraceSnapshot } from '../../proto/v3/trace.ts';
import { attemptHops } from './attempt-hops.ts';
import { type JoinedTrace, join } from './join.ts';
import { nameHops } from './name-hop.ts';
import { notesOf } from './notes.ts';
import { routerHop } from './router-hop.ts';
import { verdictOf } from './verdict.ts';
import { wayBack } from './way-back.ts';
import { wayToRouter } from './way-to-router.ts';

/** The request as the person asked for it. */
export interface TracedRequest {
  readonly method: string;
  /** Already without what must not be shown. */
  readonly url: string;
}

/**
 * Makes the hops of one request out of what each place saw of it. Pure. Hops stand in the order of the
 * route, whatever the hosts' clocks say.
 */
export function correlate(request: TracedRequest, snapshot: TraceSnapshot): HopTable {
  const { names } = snapshot;
  const found = join(snapshot.id, snapshot.observations);
  if (found === undefined) throw new TypeError('a trace needs its own client observation');
  const joined = { ...found, client: withNamedHost(found.client, names) };
  const { client, router, attempts } = joined;
  const drafts = [
    ...nameHops(joined, names),
    ...wayToRouter(joined, snapshot.armed),
    ...(router ? [routerHop(router, names)] : []),
    ...(router ? attempts.flatMap(evidence => attemptHops(evidence, router, names)) : []),
    ...wayBack(joined),
  ];
  const hops = drafts.map((draft, index) => ({ n: index + 1, ...draft }));
  return {
    version: HOP_TABLE_VERSION,
    trace: snapshot.id,
    request: {
      id: client.requestId ?? router?.requestId ?? null,
      method: request.method,
      url: request.url,
      status: client.status ?? null,
      ms: client.timings.endMs,
    },
    verdict: verdictOf(joined, hops),
    hops,
    notes: notesOf(joined, snapshot),
  };
}

function withNamedHost(client: JoinedTrace['client'], names: TraceNames): JoinedTrace['client'] {
  const { containerOn } = client;
  if (containerOn === undefined) return client;
  return { ...client, containerOn: names.hosts[containerOn] ?? containerOn };
}
