import { lchown, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Gives a path and all below it to a user. Links are given, not followed. Only for trees that no
 * process of that user can change meanwhile, or a folder could become a link under our feet.
 */
export async function ownTree(path: string, uid: number, gid: number): Promise<void> {
  await lchown(path, uid, gid);
  let level: readonly string[] = [path];
  while (level.length > 0) {
    const next: string[] = [];
    for (const folder of level) next.push(...(await ownEntries(folder, uid, gid)));
    level = next;
  }
}

/** @returns the folders among the entries. */
async function ownEntries(folder: string, uid: number, gid: number): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(notAFolder);
  await Promise.all(entries.map(entry => lchown(join(folder, entry.name), uid, gid)));
  return entries.filter(entry => entry.isDirectory()).map(entry => join(folder, entry.name));
}

function notAFolder(error: NodeJS.ErrnoException): [] {
  if (error.code === 'ENOTDIR') return [];
  throw error;
}
