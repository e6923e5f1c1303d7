import { setTimeout as delay } from 'node:timers/promises';

export interface PollOptions {
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/**
 * Asks `probe` again and again until it answers something other than `undefined`.
 * @returns the answer, or `undefined` when the time is up.
 * @throws the signal's reason when aborted.
 */
export async function poll<T>(
  probe: () => Promise<T | undefined> | T | undefined,
  options: PollOptions,
): Promise<T | undefined> {
  const deadline = performance.now() + options.timeoutMs;
  for (;;) {
    options.signal?.throwIfAborted();
    const answer = await probe();
    if (answer !== undefined) return answer;
    if (performance.now() + options.intervalMs > deadline) return undefined;
    await delay(options.intervalMs, undefined, options.signal ? { signal: options.signal } : {});
  }
}
