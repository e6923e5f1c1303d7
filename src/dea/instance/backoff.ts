/** Crashes that are answered by a restart at once. Numbers as in Diego (bbs, `restart_calculator.go`). */
const IMMEDIATE_RESTARTS = 3;
const FIRST_DELAY_MS = 30_000;
const LONGEST_DELAY_MS = 16 * 60_000;
/** An instance that ran this long before it crashed starts with a clean slate. */
const FORGIVEN_AFTER_MS = 5 * 60_000;

/** How many crashes count now, given how many did before and how long the instance was RUNNING. */
export function crashCountAfter(earlierCount: number, ranMs: number): number {
  return ranMs >= FORGIVEN_AFTER_MS ? 1 : earlierCount + 1;
}

/** How long to wait before the restart that answers the `count`-th crash: 0, 0, 0, 30 s, 60 s, … 16 min. */
export function restartDelayMs(count: number): number {
  if (count <= IMMEDIATE_RESTARTS) return 0;
  return Math.min(FIRST_DELAY_MS * 2 ** (count - IMMEDIATE_RESTARTS - 1), LONGEST_DELAY_MS);
}
