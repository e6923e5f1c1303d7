import type { TraceNames } from '../../proto/v3/trace.ts';
import { draftHop, evidenceOf, type HopDraft } from './draft.ts';
import { natCommands } from './explain.ts';
import { changedSides, elementText, flowSide, formatAddress, textSide } from './flow.ts';
import type { AttemptEvidence } from './join.ts';

/** A DEA host's NAT of the host port to the container. */
export function hostNatHop(evidence: AttemptEvidence, names: TraceNames): HopDraft {
  const { attempt, nat } = evidence;
  const { endpoint, local } = attempt;
  if (nat === undefined) {
    const where = names.hosts[endpoint.host] ?? endpoint.host;
    return draftHop({
      kind: 'host-nat',
      hop: 'host NAT',
      where,
      before: local
        ? flowSide({ source: local, destination: endpoint })
        : textSide(`→ ${formatAddress(endpoint)}`),
      after: null,
      state: 'no-report',
      expected: `the mapping of host port ${endpoint.port}`,
      found: `${DIAL_FINDINGS[attempt.outcome] ?? ''}${where} did not report`,
    });
  }
  const { before, after, element } = nat;
  return draftHop({
    kind: 'host-nat',
    hop: 'host NAT',
    where: nat.host,
    before: flowSide(before),
    after: after === undefined ? null : flowSide(after),
    changed: after === undefined ? [] : changedSides(before, after),
    decidedBy: [
      ...(element ? [elementText(element)] : []),
      ...(attempt.reused ? ['decided when it was opened; conntrack remembers'] : []),
    ],
    ...stateOf(evidence, nat),
    explain: natCommands(nat).map(command => ({ where: nat.host, command })),
    ...evidenceOf(nat),
  });
}

const DIAL_FINDINGS: Readonly<Partial<Record<string, string>>> = {
  dial_refused: 'connection refused; ',
  dial_timeout: 'no answer to the SYN; ',
  dial_unreachable: 'host unreachable; ',
};

function stateOf(
  { attempt }: AttemptEvidence,
  nat: NonNullable<AttemptEvidence['nat']>,
): Partial<HopDraft> {
  const { endpoint, outcome, reused } = attempt;
  const target = formatAddress(endpoint);
  if (outcome !== 'answered') {
    if (nat.syn === 'dropped') {
      const found = nat.droppedBy ?? 'dropped by a rule';
      return { state: 'refused', expected: `${target} let through`, found };
    }
    if (nat.syn === 'not-seen' && nat.conntrack === undefined) {
      const expected = `a SYN from the router to ${target}`;
      return { state: 'nothing-arrived', expected, found: 'no packet of this connection' };
    }
    if (nat.element === undefined && nat.after === undefined) {
      const expected = `an element for tcp . ${endpoint.port} in the map of host ports`;
      return { state: 'refused', expected, found: 'none: the port leads nowhere' };
    }
  }
  return { state: reused ? 'reused' : 'seen' };
}
