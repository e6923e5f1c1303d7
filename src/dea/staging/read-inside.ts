import { constants } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import { join } from 'node:path';
import { StagingFailure } from './staging-failure.ts';

/** More than any Procfile or release needs. */
const MAX_BYTES = 256 * 1024;

/**
 * Reads a file that a container has written, as root, on the host. The build may have put a symbolic
 * link to one of the host's secrets in its place, so no part of `path` may be a link. The container must
 * have ended: then nobody can swap a folder between the check and the read.
 * @returns `undefined` when there is no such file.
 */
export async function readInside(folder: string, path: string): Promise<string | undefined> {
  const names = path.split('/');
  for (let depth = 1; depth < names.length; depth += 1) {
    const stats = await tryLstat(join(folder, ...names.slice(0, depth)));
    if (stats?.isDirectory() !== true) return undefined;
  }
  const stats = await tryLstat(join(folder, path));
  if (stats === undefined || stats.isDirectory()) return undefined;
  if (!stats.isFile()) throw new StagingFailure('StagingError', `${path} is not a plain file`);
  if (stats.size > MAX_BYTES) {
    throw new StagingFailure('StagingError', `${path} is bigger than ${MAX_BYTES / 1024}K`);
  }
  const file = await open(join(folder, path), constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

async function tryLstat(path: string) {
  try {
    return await lstat(path);
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw thrown;
  }
}
