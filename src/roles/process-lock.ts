import { rm } from 'node:fs/promises';
import type { ErrorCode } from '../core/error-table.ts';
import { type ErrorDetails, SprueError } from '../core/errors.ts';
import { readJsonFile, writeJsonFile } from '../core/json-file.ts';
import { identifyProcess, isSameProcess, type ProcessIdentity } from '../exec/process-table.ts';

/** What is thrown when the lock is held; `pid` is added to the details. */
export interface LockRefusal {
  readonly code: ErrorCode;
  readonly details?: ErrorDetails;
}

/**
 * One process per state directory. The file names the holder by pid and start time, so the lock of a
 * killed process is no lock.
 * @throws SprueError the refusal's code
 */
export async function takeProcessLock(
  path: string,
  refusal: LockRefusal,
): Promise<AsyncDisposable> {
  const holder = await findLockHolder(path);
  if (holder !== undefined)
    throw new SprueError(refusal.code, { ...refusal.details, pid: holder.pid });
  await writeJsonFile(path, identifyProcess(process.pid), 0o644);
  return { [Symbol.asyncDispose]: () => rm(path, { force: true }) };
}

/** The process that holds the lock, if any. */
export async function findLockHolder(path: string): Promise<ProcessIdentity | undefined> {
  const holder = (await readJsonFile(path).catch(() => undefined)) as ProcessIdentity | undefined;
  return holder !== undefined && isSameProcess(holder) ? holder : undefined;
}
