import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { InstanceId } from '../../core/ids.ts';
import type { Warden } from '../../warden/warden.ts';

export interface DiskWatchOptions {
  readonly warden: Pick<Warden, 'logPath' | 'usage'>;
  readonly limitBytes: number;
  readonly signal: AbortSignal;
}

const LOOK_MS = 2_000;
/** Space that others give back could hide how one grows; so each is measured so often at least. */
const LONGEST_MS = 60_000;
/** Since the last measurement, in parts of the limit. */
const NOTABLE_GROWTH = 1 / 4;

/**
 * Resolves when a container has written more than it may; there is no quota that would hinder it.
 * Measuring walks through all its files, so it waits until the host's file system has lost notable space.
 * @throws the signal's reason when aborted.
 */
export async function watchDisk(
  instanceId: InstanceId,
  { warden, limitBytes, signal }: DiskWatchOptions,
): Promise<void> {
  let measuredMs = performance.now();
  let freeThen = await freeBytes(warden.logPath(instanceId));
  for (;;) {
    await delay(LOOK_MS, undefined, { signal, ref: false });
    const free = await freeBytes(warden.logPath(instanceId));
    const isNotable = freeThen - free > limitBytes * NOTABLE_GROWTH;
    if (!isNotable && performance.now() - measuredMs < LONGEST_MS) continue;
    const usage = await warden.usage(instanceId);
    if ((usage?.diskBytes ?? 0) > limitBytes) return;
    measuredMs = performance.now();
    freeThen = free;
  }
}

/** Of the file system that holds a container; 0 when it is gone. */
async function freeBytes(logPath: string): Promise<number> {
  const stats = await statfs(dirname(logPath)).catch(() => undefined);
  return stats === undefined ? 0 : stats.bavail * stats.bsize;
}
