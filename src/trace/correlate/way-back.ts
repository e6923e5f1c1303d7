import type { Flow, ObservationOf } from '../../proto/trace.ts';
import { draftHop, type HopDraft } from './draft.ts';
import { changedSides, flowSide, reversed, sameFlow, textSide } from './flow.ts';
import type { JoinedTrace } from './join.ts';
import { foreignPlace } from './way-to-router.ts';

/**
 * The answer's way to the client. Nothing is decided on it: each NAT is undone by what conntrack
 * remembers of the way there.
 */
export function wayBack(joined: JoinedTrace): HopDraft[] {
  const { client, edge, router, attempts } = joined;
  if (client.status === undefined || client.flow === undefined) return [];
  const last = attempts.at(-1);
  const isFromApp = last?.attempt.outcome === 'answered';
  const returned = client.flow;
  return [
    ...(isFromApp && last.nat ? undone('host-nat', 'host NAT', last.nat) : []),
    ...(router ? [routerBack(joined, isFromApp)] : []),
    ...foreignBack(router?.client, edge?.after ?? returned, client),
    ...(edge ? undone('edge-nat', 'edge NAT', edge) : []),
    ...foreignBack(edge?.before, returned, client),
    draftHop({
      kind: 'client',
      hop: 'client',
      where: client.host,
      direction: 'return',
      before: flowSide(reversed(returned)),
      after: textSide(`status ${client.status}`),
      ms: client.timings.endMs,
    }),
  ];
}

function undone(
  kind: 'host-nat' | 'edge-nat',
  hop: string,
  seen: ObservationOf<'dea-nat'> | ObservationOf<'edge-nat'>,
): HopDraft[] {
  const { conntrack, after, before } = seen;
  if (conntrack === undefined && after === undefined) return [];
  const answer = conntrack?.reply ?? reversed(after ?? before);
  const restored = reversed(conntrack?.original ?? before);
  return [
    draftHop({
      kind,
      hop,
      where: seen.host,
      direction: 'return',
      before: flowSide(answer),
      after: flowSide(restored),
      changed: changedSides(answer, restored),
      state: conntrack === undefined ? 'inferred' : 'seen',
      decidedBy: ['undone by conntrack'],
    }),
  ];
}

function routerBack({ router, attempts }: JoinedTrace, isFromApp: boolean): HopDraft {
  const last = attempts.at(-1)?.attempt;
  const inner = last?.local && reversed({ source: last.local, destination: last.endpoint });
  const said = router?.routerError === undefined ? '' : ` ${router.routerError}`;
  return draftHop({
    kind: 'router',
    hop: 'router',
    where: router?.host ?? '',
    direction: 'return',
    before: isFromApp && inner ? flowSide(inner) : textSide(`${router?.status}${said}`),
    after: router ? flowSide(reversed(router.client)) : null,
    decidedBy: [isFromApp ? 'copied to the client’s connection' : 'the router answers by itself'],
  });
}

/** The inferred NAT of the way there, undone. */
function foreignBack(
  inside: Flow | undefined,
  outside: Flow,
  client: ObservationOf<'client'>,
): HopDraft[] {
  if (inside === undefined || sameFlow(inside, outside)) return [];
  const before = reversed(inside);
  const after = reversed(outside);
  return [
    draftHop({
      kind: 'external-nat',
      ...foreignPlace(client),
      direction: 'return',
      before: flowSide(before),
      after: flowSide(after),
      changed: changedSides(before, after),
      state: 'inferred',
    }),
  ];
}
