import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { StagingFailure } from './staging-failure.ts';

/**
 * Checks a folder that a build has filled, before it is packed as root: the folder itself must not be a
 * link (to one of the host's), and pipes, sockets and devices have no place in an archive. An archive
 * holds every hole of a sparse file and every hard link as bytes: a terabyte that takes no disk at all
 * would keep the host packing for hours, so what counts here is how long the files say they are.
 * @param shown the folder's name in the failure's text.
 * @returns the length of all files together.
 * @throws StagingFailure, also when that is more than `maxBytes`
 */
export async function checkTree(folder: string, shown: string, maxBytes: number): Promise<number> {
  const stats = await lstat(folder).catch(() => undefined);
  if (stats?.isDirectory() !== true) throw unfit(shown, 'is not a folder any more');
  const pending = [{ folder, shown }];
  let bytes = 0;
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const files: string[] = [];
    for await (const entry of await opendir(next.folder)) {
      const inner = { folder: join(next.folder, entry.name), shown: `${next.shown}/${entry.name}` };
      if (entry.isDirectory()) pending.push(inner);
      else if (entry.isFile()) files.push(inner.folder);
      else if (!entry.isSymbolicLink()) {
        throw unfit(inner.shown, 'is neither a file, a folder nor a symbolic link');
      }
    }
    const lengths = await Promise.all(files.map(async file => (await lstat(file)).size));
    bytes = lengths.reduce((sum, length) => sum + length, bytes);
    if (bytes > maxBytes) throw unfit(shown, "holds longer files than fit the app's disk");
  }
  return bytes;
}

function unfit(path: string, why: string): StagingFailure {
  return new StagingFailure('StagingError', `the build left something odd: ${path} ${why}`);
}
