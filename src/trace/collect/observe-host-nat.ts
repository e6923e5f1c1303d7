import { hostname } from 'node:os';
import type { Flow, ObservationOf, TraceAttempt } from '../../proto/trace.ts';
import { evidence } from './ask.ts';
import { findConntrack } from './conntrack.ts';
import { judgeFirstPacket } from './first-packet.ts';
import type { LookContext } from './look-context.ts';
import { findElement } from './map-element.ts';
import type { SynWatch } from './syn-watch.ts';
import { hostViews } from './views.ts';

const MAP = 'inet sprue ports';
/** For learners: what is mapped, and the rule that asks the map. */
const NAT = [
  ['map', 'inet', 'sprue', 'ports'],
  ['chain', 'inet', 'sprue', 'map_ports'],
  ['chain', 'inet', 'sprue', 'map_own_ports'],
];
/** For a connection whose near end the router could not tell. */
const UNKNOWN = { host: '0.0.0.0', port: 0 };

/** This host's NAT of one host port to its container, for one connection of a router. */
export async function observeHostNat(
  { start, agent, requestId, wasWatching }: LookContext,
  attempt: TraceAttempt,
  watch: SynWatch,
): Promise<ObservationOf<'dea-nat'>> {
  const { endpoint, local, reused } = attempt;
  const before: Flow = { source: local ?? UNKNOWN, destination: endpoint };
  const [conntrack, { element, answer }, views] = await Promise.all([
    local && findConntrack(before),
    findElement(MAP, `tcp . ${endpoint.port}`),
    start.figures ? hostViews([before], NAT) : undefined,
  ]);
  const input = { before, element, conntrack: conntrack?.entry, isWatched: wasWatching && !reused };
  const { after, syn, droppedBy, raw } = await judgeFirstPacket(input, watch);
  return {
    trace: start.id,
    host: hostname(),
    atMs: Date.now(),
    raw: [...evidence(answer, conntrack?.answer), ...raw],
    ...(views && { views }),
    source: 'dea-nat',
    role: 'dea',
    agent,
    subject: { requestId, attempt: attempt.n },
    before,
    ...(after && { after }),
    ...(element && { element }),
    ...(conntrack?.entry && { conntrack: conntrack.entry }),
    syn,
    ...(droppedBy !== undefined && { droppedBy }),
  };
}
