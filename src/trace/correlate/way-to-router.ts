import type { HopState } from '../../proto/hop-table.ts';
import type { Flow, ObservationOf, TraceArmed } from '../../proto/trace.ts';
import { draftHop, evidenceOf, type HopDraft } from './draft.ts';
import { clientCommands, natCommands } from './explain.ts';
import { changedSides, elementText, flowSide, formatAddress, sameFlow, textSide } from './flow.ts';
import type { JoinedTrace } from './join.ts';

/**
 * From the client's socket to the router's: the connection as dialled, the edge's NAT, and any NAT
 * in between that is not ours. Without a router's record it ends where the request got lost.
 */
export function wayToRouter(joined: JoinedTrace, armed: readonly TraceArmed[]): HopDraft[] {
  const { client, edge, router } = joined;
  const { flow } = client;
  if (flow === undefined) return [];
  const hops = [clientHop(client, flow)];
  if (client.outcome === 'connect-unreachable') return hops;
  let arriving = flow;
  if (edge !== undefined) {
    const hop = edgeHop(edge, router !== undefined);
    hops.push(...foreignNat(arriving, edge.before, client), hop);
    if (edge.after === undefined || hop.state !== 'seen') return hops;
    arriving = edge.after;
  }
  if (router !== undefined) return [...hops, ...foreignNat(arriving, router.client, client)];
  return [...hops, lostHop(client, arriving, armed)];
}

function clientHop(client: ObservationOf<'client'>, flow: Flow): HopDraft {
  const { connectedMs, resolvedMs = 0 } = client.timings;
  const isStuck = client.outcome === 'connect-unreachable';
  return draftHop({
    kind: 'client',
    hop: 'client',
    where: client.host,
    before: textSide(client.name),
    after: flowSide(flow),
    decidedBy: client.route === undefined ? [] : [client.route],
    ms: connectedMs === undefined ? null : Math.max(0, connectedMs - resolvedMs),
    ...(isStuck && {
      state: 'failed' as const,
      expected: `a way to ${flow.destination.host}`,
      found: 'the kernel says unreachable',
    }),
    explain: clientCommands(flow).map(command => ({ where: client.host, command })),
    ...evidenceOf(client),
  });
}

/** @param cameThrough the router's record proves that the packet went on */
function edgeHop(edge: ObservationOf<'edge-nat'>, cameThrough: boolean): HopDraft {
  const { before, after, element } = edge;
  return draftHop({
    kind: 'edge-nat',
    hop: 'edge NAT',
    where: edge.host,
    before: flowSide(before),
    after: after === undefined ? null : flowSide(after),
    changed: after === undefined ? [] : changedSides(before, after),
    decidedBy: element ? [elementText(element)] : [],
    ...(cameThrough ? {} : edgeFault(edge)),
    explain: natCommands(edge).map(command => ({ where: edge.host, command })),
    ...evidenceOf(edge),
  });
}

function edgeFault(edge: ObservationOf<'edge-nat'>): Partial<HopDraft> {
  const { before, element, syn, droppedBy, conntrack, after } = edge;
  const target = formatAddress(before.destination);
  if (syn === 'dropped') {
    return fault('refused', `${target} let through`, droppedBy ?? 'dropped by a rule');
  }
  if (syn === 'not-seen' && conntrack === undefined) {
    return fault('nothing-arrived', `a SYN to ${target}`, 'no packet of this connection');
  }
  if (element === undefined && after === undefined) {
    return fault('refused', `a map element for ${before.destination.host}`, 'none');
  }
  return {};
}

function fault(state: HopState, expected: string, found: string): Partial<HopDraft> {
  return { state, expected, found };
}

/** Nothing when the packet arrives as it was sent; else somebody in between rewrote it. */
function foreignNat(sent: Flow, arrived: Flow, client: ObservationOf<'client'>): HopDraft[] {
  if (sameFlow(sent, arrived)) return [];
  const changed = changedSides(sent, arrived);
  const what = `the ${changed.join(' and ')} arrived changed`;
  return [
    draftHop({
      kind: 'external-nat',
      ...foreignPlace(client),
      before: flowSide(sent),
      after: flowSide(arrived),
      changed,
      state: 'inferred',
      decidedBy: [
        client.containerOn === undefined
          ? `not one of our machines: ${what}`
          : `${what}: containers leave their host by its address`,
      ],
    }),
  ];
}

/** Who rewrites on the way out: the host of a container, or somebody that we do not know. */
export function foreignPlace({
  containerOn,
}: ObservationOf<'client'>): Pick<HopDraft, 'hop' | 'where'> {
  return containerOn === undefined
    ? { hop: 'external NAT', where: 'outside' }
    : { hop: 'masquerade', where: containerOn };
}

/** The place of the router, when no router has a record of the request. */
function lostHop(
  { outcome, status }: ObservationOf<'client'>,
  arriving: Flow,
  armed: readonly TraceArmed[],
): HopDraft {
  const target = formatAddress(arriving.destination);
  const isWatched = armed.some(({ role }) => role === 'router');
  const expected = `a router on ${target}`;
  const found = {
    answered: `an answer with status ${status}, and no router that knows of it`,
    'not-resolved': 'nothing',
    'connect-refused': 'connection refused',
    'connect-timeout': 'no answer to the SYN',
    'connect-unreachable': 'unreachable',
    cut: 'the connection was cut before an answer',
    'no-answer': 'a connection, and no answer',
  }[outcome];
  const state: HopState =
    outcome === 'connect-refused'
      ? 'refused'
      : outcome === 'connect-timeout' && isWatched
        ? 'nothing-arrived'
        : 'no-report';
  return draftHop({
    kind: 'router',
    hop: 'router',
    where: arriving.destination.host,
    before: flowSide(arriving),
    after: null,
    state,
    expected,
    found,
  });
}
