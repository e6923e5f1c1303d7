import type { RouterObservation } from '../../proto/trace.ts';
import type { TraceNames } from '../../proto/v3/trace.ts';
import { draftHop, evidenceOf, type HopDraft } from './draft.ts';
import { acceptedCommand } from './explain.ts';
import { flowSide, formatAddress, textSide } from './flow.ts';

/** Where the client's connection ends and an endpoint is chosen. */
export function routerHop(record: RouterObservation, names: TraceNames): HopDraft {
  const { attempts, client } = record;
  const endpoint = attempts.at(-1)?.endpoint;
  return draftHop({
    kind: 'router',
    hop: 'router',
    where: record.host,
    before: flowSide(client),
    after: endpoint ? textSide(`endpoint ${formatAddress(endpoint)}`) : null,
    decidedBy: [...routeText(record, names), ...shareText(record)],
    ms: ownMs(record),
    ...fault(record, names),
    explain: [{ where: record.host, command: acceptedCommand(client) }],
    ...evidenceOf(record),
  });
}

function routeText({ route, attempts }: RouterObservation, names: TraceNames): string[] {
  if (route === undefined) return [];
  const guid = attempts.at(-1)?.appGuid;
  const app = guid === undefined ? '' : ` → app ${names.apps[guid] ?? guid}`;
  return [`route ${route.uri}${route.isWildcard ? ' (wildcard)' : ''}${app}`];
}

function shareText({ route, attempts }: RouterObservation): string[] {
  if (route === undefined || route.poolSize === 0) return [];
  const count = `${route.poolSize} endpoint${route.poolSize === 1 ? '' : 's'}`;
  const how = route.sticky === true ? 'the request named its instance' : route.balancing;
  const tries = attempts.length > 1 ? `, ${attempts.length} attempts` : '';
  return [`${count}, ${how}${tries}`];
}

/** What the router needed itself: all of the exchange but its attempts. */
function ownMs({ attempts, totalMs }: RouterObservation): number {
  const spent = attempts.reduce(
    (sum, { totalMs: whole, connectMs = 0, firstByteMs = 0 }) =>
      sum + (whole ?? connectMs + firstByteMs),
    0,
  );
  return Math.max(0, totalMs - spent);
}

function fault(record: RouterObservation, names: TraceNames): Partial<HopDraft> {
  const { route, attempts, status, routerError } = record;
  if (attempts.length > 0) return {};
  const said = routerError === undefined ? '' : ` ${routerError}`;
  const found = `${status}${said}, answered by the router itself`;
  if (route === undefined && routerError === 'unknown_route') {
    return { state: 'failed', expected: 'a route for this host and path', found };
  }
  const [guid] = Object.keys(names.apps);
  const app = guid === undefined ? 'the app' : names.apps[guid];
  const expected =
    route?.poolSize === 0 ? `a ready instance of ${app}` : 'a request that can be passed on';
  return { state: 'failed', expected, found };
}
