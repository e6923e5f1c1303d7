import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { StagingFailure } from './staging-failure.ts';

/**
 * Checks a folder that a build has filled, before it is packed as root: the folder itself must not be a
 * link (to one of the host's), and pipes, sockets and devices have no place in an archive.
 * @param shown the folder's name in the failure's text.
 * @throws StagingFailure
 */
export async function checkTree(folder: string, shown: string): Promise<void> {
  const stats = await lstat(folder).catch(() => undefined);
  if (stats?.isDirectory() !== true) throw unfit(shown, 'is not a folder any more');
  const pending = [{ folder, shown }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for await (const entry of await opendir(next.folder)) {
      const inner = { folder: join(next.folder, entry.name), shown: `${next.shown}/${entry.name}` };
      if (entry.isDirectory()) pending.push(inner);
      else if (!entry.isFile() && !entry.isSymbolicLink()) {
        throw unfit(inner.shown, 'is neither a file, a folder nor a symbolic link');
      }
    }
  }
}

function unfit(path: string, why: string): StagingFailure {
  return new StagingFailure('StagingError', `the build left something odd: ${path} ${why}`);
}
