import { reasonOf, SprueError } from '../core/errors.ts';

/** Runs every step, also after one failed; teardown never stops half-way. @returns what went wrong. */
export async function tryAll(steps: readonly (() => Promise<unknown>)[]): Promise<unknown[]> {
  const failures: unknown[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (thrown) {
      failures.push(thrown);
    }
  }
  return failures;
}

/** @throws SprueError `NETWORK_CLEANUP_FAILED` with all reasons, unless there are none. */
export function throwIfAny(failures: readonly unknown[], what: string): void {
  if (failures.length === 0) return;
  const reasons = failures.map(reasonOf).join('; ');
  throw new SprueError(
    'NETWORK_CLEANUP_FAILED',
    { what, reasons },
    { cause: new AggregateError(failures) },
  );
}
