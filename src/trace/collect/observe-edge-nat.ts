import { hostname } from 'node:os';
import type { Flow, ObservationOf, RouterObservation, TraceStart } from '../../proto/trace.ts';
import { evidence } from './ask.ts';
import { type ConntrackAnswer, findConntrack, findConntrackByReply } from './conntrack.ts';
import { judgeFirstPacket } from './first-packet.ts';
import { findElement } from './map-element.ts';
import type { SynWatch } from './syn-watch.ts';
import { hostViews } from './views.ts';

const MAP = 'inet sprue-edge to_router';
/** For learners: what is mapped both ways, and the rules that ask the maps. */
const NAT = [
  ['map', 'inet', 'sprue-edge', 'to_router'],
  ['map', 'inet', 'sprue-edge', 'to_floating'],
  ['chain', 'inet', 'sprue-edge', 'to_routers'],
  ['chain', 'inet', 'sprue-edge', 'sources'],
];

/** This edge's NAT of a floating IP. @param record a router's, when the request reached one */
export async function observeEdgeNat(
  start: TraceStart,
  agent: string,
  record: RouterObservation | undefined,
  watch: SynWatch,
): Promise<ObservationOf<'edge-nat'>> {
  const { flow } = start;
  const [tracked, { element, answer }, views] = await Promise.all([
    track(flow, record),
    findElement(MAP, flow.destination.host),
    start.figures ? hostViews([flow], NAT) : undefined,
  ]);
  const before = tracked.entry?.original ?? flow;
  const input = { before, element, conntrack: tracked.entry, isWatched: true };
  const { after, syn, droppedBy, raw } = await judgeFirstPacket(input, watch);
  return {
    trace: start.id,
    host: hostname(),
    atMs: Date.now(),
    raw: [...evidence(answer, tracked.answer), ...raw],
    ...(views && { views }),
    source: 'edge-nat',
    role: 'edge',
    agent,
    before,
    ...(after && { after }),
    ...(element && { element }),
    ...(tracked.entry && { conntrack: tracked.entry }),
    syn,
    ...(droppedBy !== undefined && { droppedBy }),
  };
}

/** As the client opened it or, past a NAT that is not ours, as the router got it. */
async function track(flow: Flow, record: RouterObservation | undefined): Promise<ConntrackAnswer> {
  const own = await findConntrack(flow);
  if (own.entry !== undefined || record === undefined) return own;
  const { source, destination } = record.client;
  const translated = await findConntrack({ source, destination: flow.destination });
  if (translated.entry !== undefined) return translated;
  const answered = await findConntrackByReply({ source: destination, destination: source });
  return answered.entry === undefined ? own : answered;
}
