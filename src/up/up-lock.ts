import { rm } from 'node:fs/promises';
import { SprueError } from '../core/errors.ts';
import { readJsonFile, writeJsonFile } from '../core/json-file.ts';
import { identifyProcess, isSameProcess, type ProcessIdentity } from '../exec/process-table.ts';

/**
 * One `sprue up` per state directory. The file names the holder by pid and start time, so the lock
 * of a killed process is no lock.
 * @throws SprueError `PLATFORM_RUNNING`
 */
export async function takeUpLock(path: string): Promise<AsyncDisposable> {
  const holder = await findUp(path);
  if (holder !== undefined) throw new SprueError('PLATFORM_RUNNING', { pid: holder.pid });
  const self = identifyProcess(process.pid);
  await writeJsonFile(path, self, 0o644);
  return { [Symbol.asyncDispose]: () => rm(path, { force: true }) };
}

/** The process that runs `sprue up` on this state directory, if any. */
export async function findUp(path: string): Promise<ProcessIdentity | undefined> {
  const holder = (await readJsonFile(path).catch(() => undefined)) as ProcessIdentity | undefined;
  return holder !== undefined && isSameProcess(holder) ? holder : undefined;
}
