import assert from 'node:assert/strict';
import { poll } from '../../src/core/wait.ts';

/** Waits until `condition` holds; fails with its source text when it does not in time. */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 5_000,
): Promise<void> {
  const met = await poll(async () => (await condition()) || undefined, {
    intervalMs: 10,
    timeoutMs,
  });
  assert.equal(met, true, `not within ${timeoutMs} ms: ${condition}`);
}
