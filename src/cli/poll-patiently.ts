import type { ErrorCode } from '../core/error-table.ts';
import { SprueError } from '../core/errors.ts';
import { type PollOptions, poll } from '../core/wait.ts';

/** The controller may be restarted while a push waits; apps and router go on meanwhile. */
const PATIENCE_MS = 20_000;

const PASSING: ReadonlySet<ErrorCode> = new Set([
  'API_UNREACHABLE',
  'API_TIMED_OUT',
  'API_FAILED',
  'BUS_UNAVAILABLE',
]);

/**
 * Like `poll`, but a platform that does not answer for a while is waited for.
 * @throws the probe's error when it lasts, or is not of the passing kind.
 */
export async function pollPatiently<T>(
  probe: () => Promise<T | undefined>,
  options: PollOptions & { readonly patienceMs?: number },
): Promise<T | undefined> {
  const { patienceMs = PATIENCE_MS } = options;
  let failingSinceMs: number | undefined;
  return poll(async () => {
    try {
      const answer = await probe();
      failingSinceMs = undefined;
      return answer;
    } catch (thrown) {
      options.signal?.throwIfAborted();
      failingSinceMs ??= performance.now();
      if (!isPassing(thrown) || performance.now() - failingSinceMs > patienceMs) throw thrown;
      return undefined;
    }
  }, options);
}

/** Whether an error may go away by itself: the platform is being restarted, or is overloaded. */
export function isPassing(thrown: unknown): boolean {
  return thrown instanceof SprueError && PASSING.has(thrown.code);
}
