import type { ObservationOf, TraceAttempt, TraceListener } from '../../proto/trace.ts';
import type { TraceNames } from '../../proto/v3/trace.ts';
import { draftHop, evidenceOf, type HopDraft } from './draft.ts';
import { listenerCommand } from './explain.ts';
import { flowSide, formatAddress, textSide } from './flow.ts';

/** The process in the container. @param status of its answer; `undefined` when there was none */
export function appHop(
  attempt: TraceAttempt,
  nat: ObservationOf<'dea-nat'>,
  container: ObservationOf<'container'>,
  names: TraceNames,
  status: number | undefined,
): HopDraft {
  const { listener, connection, containerIp } = container;
  const arriving = connection?.flow ?? nat.after;
  return draftHop({
    kind: 'app',
    hop: 'app',
    where: instanceName(container.appGuid, container.index, names),
    before: arriving === undefined ? textSide(containerIp) : flowSide(arriving),
    after: listener ? textSide(processText(listener)) : null,
    decidedBy: listener ? [socketText(listener)] : [],
    ms: attempt.firstByteMs ?? null,
    ...stateOf(attempt, container, status),
    explain: [{ where: container.host, command: listenerCommand(container) }],
    ...evidenceOf(container),
  });
}

/** The router got an answer, but the host did not report what it came from. */
export function inferredAppHop(attempt: TraceAttempt, names: TraceNames, status: number): HopDraft {
  return draftHop({
    kind: 'app',
    hop: 'app',
    where: instanceName(attempt.appGuid ?? '', attempt.index ?? 0, names),
    before: null,
    after: textSide(`status ${status}`),
    decidedBy: ['the endpoint answered; what is behind it was not reported'],
    ms: attempt.firstByteMs ?? null,
    ...(status < 500 ? { state: 'inferred' as const } : ownError(status)),
  });
}

/** An endpoint that is no app's: the API registers itself like one. */
export function platformHop(
  attempt: TraceAttempt,
  names: TraceNames,
  status: number | undefined,
): HopDraft {
  const { endpoint, local } = attempt;
  const where = names.hosts[endpoint.host] ?? endpoint.host;
  return draftHop({
    kind: 'app',
    hop: 'platform',
    where,
    before: local ? flowSide({ source: local, destination: endpoint }) : null,
    after: textSide(formatAddress(endpoint)),
    decidedBy: ['a process of the platform itself: no host port, no container'],
    ms: attempt.firstByteMs ?? null,
    ...(status === undefined
      ? { state: 'failed', ...unanswered(attempt) }
      : status >= 500
        ? ownError(status)
        : { state: 'inferred' }),
  });
}

function stateOf(
  attempt: TraceAttempt,
  container: ObservationOf<'container'>,
  status: number | undefined,
): Partial<HopDraft> {
  const { outcome, reused } = attempt;
  if (status !== undefined) return status >= 500 ? ownError(status) : { state: 'seen' };
  switch (outcome) {
    case 'dial_refused':
      return {
        state: 'refused',
        expected: `a listener on 0.0.0.0:${container.containerPort} or [::]:${container.containerPort}`,
        found: listenersText(container),
      };
    case 'dial_timeout':
    case 'dial_unreachable':
      return {
        state: 'nothing-arrived',
        expected: `the connection from ${attempt.local ? formatAddress(attempt.local) : 'the router'}`,
        found: OUTCOMES[outcome],
      };
    default: {
      const { expected, found } = unanswered(attempt);
      const kept = reused ? ' on a kept connection' : '';
      return { state: 'failed', expected, found: `${found}${kept}${unreadText(container)}` };
    }
  }
}

/** Once its head has come, an answer is not missing: it breaks off. */
function unanswered({ outcome, firstByteMs }: TraceAttempt): { expected: string; found: string } {
  const brokenOff = firstByteMs === undefined ? undefined : BROKEN_OFF[outcome];
  if (brokenOff !== undefined) return { expected: 'a whole answer', found: brokenOff };
  return { expected: 'an answer', found: OUTCOMES[outcome] };
}

function ownError(status: number): Partial<HopDraft> {
  return {
    state: 'failed',
    expected: 'a status below 500',
    found: `${status}, answered by the app itself`,
  };
}

const OUTCOMES: Readonly<Record<TraceAttempt['outcome'], string>> = {
  answered: 'an answer',
  dial_refused: 'connection refused',
  dial_timeout: 'no answer to the SYN',
  dial_unreachable: 'unreachable',
  tls_unsupported: 'it wants TLS',
  not_sent: 'it closed the connection before the request was sent',
  reset: 'it reset the connection before answering',
  eof: 'it closed the connection before answering',
  response_timeout: 'no answer in time',
  malformed_response: 'an answer that is not HTTP',
  upgrade_mismatch: 'an unexpected protocol switch',
  abandoned: 'no answer before the client went away',
};

const BROKEN_OFF: Readonly<Partial<Record<TraceAttempt['outcome'], string>>> = {
  reset: 'it reset the connection in the middle of its answer',
  eof: 'it closed the connection in the middle of its answer',
  response_timeout: 'its answer did not go on in time',
  malformed_response: 'an answer that is no HTTP further on',
  abandoned: 'the client went away in the middle of its answer',
};

function listenersText({ listener, otherListeners }: ObservationOf<'container'>): string {
  if (listener) return `connection refused; by now ${listenerText(listener)}`;
  if (otherListeners.length === 0) return 'nothing listens in the container';
  return otherListeners.map(listenerText).join('; ');
}

function unreadText({ connection }: ObservationOf<'container'>): string {
  const unread = connection?.unreadBytes ?? 0;
  return unread === 0 ? '' : `; ${unread} bytes lie unread in its socket`;
}

function processText({ comm = 'a process', pid }: TraceListener): string {
  return pid === undefined ? comm : `${comm} (pid ${pid})`;
}

function listenerText(listener: TraceListener): string {
  return `${processText(listener)} ${socketText(listener)}`;
}

function socketText(listener: TraceListener): string {
  const { backlog, backlogMax } = listener;
  const queue =
    backlog === undefined || backlogMax === undefined
      ? ''
      : `, ${backlog} of ${backlogMax} waiting`;
  return `listens on ${formatAddress(listener)}${queue}`;
}

function instanceName(guid: string, index: number, names: TraceNames): string {
  return `${names.apps[guid] ?? guid.slice(0, 8)}/${index}`;
}
