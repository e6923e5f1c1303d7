import { reasonOf } from '../core/errors.ts';
import type { Log } from '../core/log.ts';

interface Restartable {
  readonly alive: boolean;
  restart(): Promise<void>;
}

const INTERVAL_MS = 1_000;

/** Restarts kept processes that died, until aborted. They may be no children of ours, so it looks once a second. */
export function supervise(
  processes: Readonly<Record<string, Restartable>>,
  log: Log,
  signal: AbortSignal,
): void {
  let busy = false;
  const timer = setInterval(async () => {
    if (busy) return;
    busy = true;
    for (const [name, process] of Object.entries(processes)) {
      if (process.alive || signal.aborted) continue;
      log.warn({ process: name }, 'process died, starting it again');
      await process
        .restart()
        .catch(thrown => log.error({ process: name, reason: reasonOf(thrown) }, 'restart failed'));
    }
    busy = false;
  }, INTERVAL_MS);
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
}
