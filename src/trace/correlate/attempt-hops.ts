import { GOOD_STATES } from '../../proto/hop-table.ts';
import type { RouterObservation, TraceAttempt } from '../../proto/trace.ts';
import type { TraceNames } from '../../proto/v3/trace.ts';
import { appHop, inferredAppHop, platformHop } from './app-hop.ts';
import { draftHop, type HopDraft } from './draft.ts';
import { dialledCommand } from './explain.ts';
import { flowSide, formatAddress, textSide } from './flow.ts';
import { hostNatHop } from './host-nat-hop.ts';
import type { AttemptEvidence } from './join.ts';
import { vethHop } from './veth-hop.ts';

/** Everything that one attempt of the router led through, as far as it came. */
export function attemptHops(
  evidence: AttemptEvidence,
  record: RouterObservation,
  names: TraceNames,
): HopDraft[] {
  const { attempt, nat, container } = evidence;
  const of = Math.max(record.route?.maxAttempts ?? 1, record.attempts.length);
  const inAttempt = (hop: HopDraft): HopDraft => ({ ...hop, attempt: { n: attempt.n, of } });
  const connection = connectionHop(attempt, record, of, names);
  if (!GOOD_STATES.has(connection.state)) return [inAttempt(connection)];
  const status = attempt.outcome === 'answered' ? record.status : undefined;
  if (attempt.appGuid === undefined) {
    return [connection, platformHop(attempt, names, status)].map(inAttempt);
  }
  const hops = [connection, hostNatHop(evidence, names)];
  const last = hops.at(-1);
  if (last?.state === 'no-report' && status !== undefined) {
    hops.push(inferredAppHop(attempt, names, status));
  } else if (last !== undefined && GOOD_STATES.has(last.state) && nat && container) {
    const veth = vethHop(nat, container);
    hops.push(veth);
    if (GOOD_STATES.has(veth.state)) hops.push(appHop(attempt, nat, container, names, status));
  }
  return hops.map(inAttempt);
}

function connectionHop(
  attempt: TraceAttempt,
  record: RouterObservation,
  of: number,
  names: TraceNames,
): HopDraft {
  const { endpoint, local, reused } = attempt;
  const flow = local && { source: local, destination: endpoint };
  return draftHop({
    kind: 'connection',
    hop: 'connection',
    where: record.host,
    before: null,
    after: flow ? flowSide(flow) : textSide(`→ ${formatAddress(endpoint)}`),
    opensConnection: true,
    decidedBy: [
      `attempt ${attempt.n} of ${of}${instanceText(attempt, names)}`,
      ...ageText(attempt),
    ],
    ms: attempt.connectMs ?? (attempt.outcome.startsWith('dial_') ? attempt.totalMs : null) ?? null,
    state: reused ? 'reused' : 'seen',
    ...(attempt.outcome === 'tls_unsupported' && {
      state: 'failed' as const,
      expected: 'an endpoint without TLS',
      found: 'one that wants TLS',
    }),
    explain: flow ? [{ where: record.host, command: dialledCommand(flow) }] : [],
  });
}

function instanceText({ appGuid, index, endpoint }: TraceAttempt, names: TraceNames): string {
  if (appGuid === undefined) return '';
  const host = names.hosts[endpoint.host];
  return `: ${names.apps[appGuid] ?? appGuid}/${index ?? '?'}${host === undefined ? '' : ` on ${host}`}`;
}

function ageText({ reused, openedMsAgo, requestsBefore }: TraceAttempt): string[] {
  if (!reused) return [];
  const age = openedMsAgo === undefined ? '' : ` ${(openedMsAgo / 1000).toFixed(1)} s before`;
  const nth = requestsBefore === undefined ? '' : `, request ${requestsBefore + 1} on it`;
  return [`kept connection, opened${age === '' ? ' earlier' : age}${nth}`];
}
