import type { ObservationOf } from '../../proto/trace.ts';
import { draftHop, type HopDraft } from './draft.ts';
import { vethCommands } from './explain.ts';
import { flowSide, textSide } from './flow.ts';

/** A plain route to the container's address, over a pair of its own. */
export function vethHop(
  nat: ObservationOf<'dea-nat'>,
  container: ObservationOf<'container'>,
): HopDraft {
  const { veth, routeDevice, containerIp } = container;
  const isAstray = routeDevice !== undefined && routeDevice !== veth;
  return draftHop({
    kind: 'veth',
    hop: 'veth',
    where: container.host,
    before: nat.after === undefined ? textSide(containerIp) : flowSide(nat.after),
    after: textSide(`${veth} ═══ eth0`),
    decidedBy: [container.route ?? `route to ${containerIp}: dev ${routeDevice ?? veth}`],
    ...(isAstray && {
      state: 'failed' as const,
      expected: `a route to ${containerIp} over ${veth}`,
      found: `one over ${routeDevice}`,
    }),
    explain: vethCommands(container).map(command => ({ where: container.host, command })),
  });
}
