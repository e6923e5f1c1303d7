import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Enough for every app that does not want to hide; bounds what looking costs with one that does. */
const MOST_FILES = 50_000;
const BLOCK_BYTES = 512; // st_blocks, whatever the file system's own blocks are

/**
 * Disk space of files that processes hold open or mapped, but that have no name any more: no walk
 * through folders finds them. Reads `/proc` of the host.
 * @param folder only files on its file system count; those in memory count as memory.
 */
export async function unlinkedBytes(pids: readonly number[], folder: string): Promise<number> {
  const device = (await stat(folder).catch(() => undefined))?.dev;
  const seen = new Set<number>();
  let bytes = 0;
  let left = MOST_FILES;
  for (const pid of pids) {
    const paths = [...(await openFiles(pid)), ...(await mappedFiles(pid))].slice(0, left);
    left -= paths.length;
    for (const stats of await Promise.all(paths.map(path => stat(path).catch(() => undefined)))) {
      if (stats?.isFile() !== true || stats.nlink > 0 || stats.dev !== device) continue;
      if (seen.has(stats.ino)) continue;
      seen.add(stats.ino);
      bytes += stats.blocks * BLOCK_BYTES;
    }
  }
  return bytes;
}

async function openFiles(pid: number): Promise<readonly string[]> {
  const folder = `/proc/${pid}/fd`;
  const names = await readdir(folder).catch(() => []);
  return names.map(name => join(folder, name));
}

/** Closing a file leaves its mapping. `7f00-7f01 rw-s 00000000 fe:00 42 /tmp/x (deleted)`, see proc_pid_maps(5). */
async function mappedFiles(pid: number): Promise<readonly string[]> {
  const maps = await readFile(`/proc/${pid}/maps`, 'utf8').catch(() => '');
  const deleted = maps.split('\n').filter(line => line.endsWith(' (deleted)'));
  return deleted.map(line => `/proc/${pid}/map_files/${line.slice(0, line.indexOf(' '))}`);
}
