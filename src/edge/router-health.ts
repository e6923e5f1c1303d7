/** How one probe of a router went. */
export type ProbeOutcome =
  | 'well'
  /** It answers, but wants no new connections: it starts or drains. */
  | 'unwell'
  /** It refused the connection, cut it, or did not answer in time. */
  | 'silent';

export interface RouterHealth {
  /** A router that was never probed is neither. */
  readonly state: 'unknown' | 'up' | 'down';
  /** Since when. */
  readonly sinceMs: number;
  /** Probes in a row that did not go well. */
  readonly failures: number;
  /** How the newest of them went. */
  readonly lastFailure: Exclude<ProbeOutcome, 'well'> | undefined;
  /** When it came up again after it had been down; `undefined` when it never was. */
  readonly recoveredMs: number | undefined;
}

export const PROBE_INTERVAL_MS = 500;
export const PROBE_TIMEOUT_MS = 1_000;
/** Failures in a row after which a router is down. One success brings it up. */
export const FAILURES_TO_DOWN = 2;

export function unknownHealth(nowMs: number): RouterHealth {
  return {
    state: 'unknown',
    sinceMs: nowMs,
    failures: 0,
    lastFailure: undefined,
    recoveredMs: undefined,
  };
}

/** What is known of a router after one more probe. Pure. */
export function afterProbe(
  before: RouterHealth,
  outcome: ProbeOutcome,
  nowMs: number,
): RouterHealth {
  if (outcome === 'well') {
    const well = { state: 'up', failures: 0, lastFailure: undefined } as const;
    if (before.state === 'up') return { ...before, ...well };
    const recoveredMs = before.state === 'down' ? nowMs : undefined;
    return { ...well, sinceMs: nowMs, recoveredMs };
  }
  const failures = before.failures + 1;
  const failed = { ...before, failures, lastFailure: outcome };
  if (before.state === 'down' || failures < FAILURES_TO_DOWN) return failed;
  return { ...failed, state: 'down', sinceMs: nowMs };
}
