import { GOOD_STATES, type Hop, type HopTable } from '../../proto/hop-table.ts';
import type { JoinedTrace } from './join.ts';

/** Whether the request was served, and the first hop that says why not. */
export function verdictOf(
  { client, router, attempts }: JoinedTrace,
  hops: readonly Hop[],
): HopTable['verdict'] {
  const { status } = client;
  const served = attempts.at(-1)?.attempt.outcome === 'answered';
  const isServed = status !== undefined && status < 500 && (served || router === undefined);
  if (isServed) {
    const app = hops.findLast(({ kind }) => kind === 'app');
    const missing = hops.filter(({ state }) => state === 'no-report').length;
    const text = `answered ${status}${app ? ` by ${app.where}` : ''}${missingText(missing)}`;
    return { ok: true, firstWrongHop: null, text };
  }
  const wrong = wrongHop(hops);
  if (wrong === undefined)
    return { ok: false, firstWrongHop: null, text: CLIENT_TEXT[client.outcome] };
  const { n, hop, where, expected, found } = wrong;
  const detail = expected === null ? '' : `: expected ${expected}, found ${found}`;
  return { ok: false, firstWrongHop: n, text: `hop ${n}, ${hop} at ${where}${detail}` };
}

/** Of several attempts the last one decides; a retry that went well makes the one before harmless. */
function wrongHop(hops: readonly Hop[]): Hop | undefined {
  const lastAttempt = Math.max(0, ...hops.map(({ attempt }) => attempt?.n ?? 0));
  return hops.find(
    ({ state, attempt }) =>
      !GOOD_STATES.has(state) && (attempt === null || attempt.n === lastAttempt),
  );
}

function missingText(count: number): string {
  if (count === 0) return '';
  return count === 1 ? '; one hop was not reported' : `; ${count} hops were not reported`;
}

const CLIENT_TEXT: Readonly<Record<JoinedTrace['client']['outcome'], string>> = {
  answered: 'every hop is good, and yet the answer is an error',
  'not-resolved': 'the name did not resolve',
  'connect-refused': 'the connection was refused',
  'connect-timeout': 'the connection was not answered',
  'connect-unreachable': 'there is no way to the address',
  cut: 'the connection was cut before an answer came',
  'no-answer': 'no answer came in time',
};
