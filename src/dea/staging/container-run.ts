import { setTimeout as delay } from 'node:timers/promises';
import type { InstanceId } from '../../core/ids.ts';
import type { ExitStatus, Warden } from '../../warden/warden.ts';
import type { LogTail } from '../logs/log-tail.ts';

/** How the one process of a build ended, or why it must. */
export type BuildEnd =
  | { readonly kind: 'exited'; readonly status: ExitStatus }
  | { readonly kind: 'disk-full' };

export interface ContainerRunOptions {
  readonly diskMib: number;
  /** Follows the container's log; not started yet. */
  readonly tail: LogTail;
  readonly signal: AbortSignal;
}

const DISK_CHECK_MS = 2_000;

/**
 * Starts a created container and waits for its end; all that it wrote has been delivered then.
 * A container that fills its disk may still run afterwards: the caller destroys it.
 * @throws the signal's reason when aborted; output that was not delivered by then is lost.
 */
export async function runToExit(
  warden: Warden,
  instanceId: InstanceId,
  { diskMib, tail, signal }: ContainerRunOptions,
): Promise<BuildEnd> {
  signal.throwIfAborted();
  const ended = new AbortController();
  const either = AbortSignal.any([signal, ended.signal]);
  const stopTail = () => void tail.stop();
  signal.addEventListener('abort', stopTail, { once: true });
  tail.start();
  try {
    await warden.start(instanceId);
    const end = await Promise.race([
      warden.waitForExit(instanceId, either).then(status => ({ kind: 'exited', status }) as const),
      watchDisk(warden, instanceId, { diskMib, signal: either }),
    ]);
    await tail.finish();
    return end;
  } finally {
    signal.removeEventListener('abort', stopTail);
    ended.abort();
    await tail.stop();
  }
}

/** Resolves when the container has written more than it may. @throws when aborted. */
async function watchDisk(
  warden: Warden,
  instanceId: InstanceId,
  { diskMib, signal }: { readonly diskMib: number; readonly signal: AbortSignal },
): Promise<{ readonly kind: 'disk-full' }> {
  for (;;) {
    await delay(DISK_CHECK_MS, undefined, { signal });
    const usage = await warden.usage(instanceId);
    if (usage !== undefined && usage.diskBytes > diskMib * 2 ** 20) return { kind: 'disk-full' };
  }
}
