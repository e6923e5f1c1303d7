import { rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { reasonOf, SprueError } from '../core/errors.ts';
import { run } from '../exec/run.ts';
import { findRecordedProcess } from '../roles/kept-process.ts';
import { containerNetns, removeContainers } from './containers.ts';
import {
  entries,
  etcDir,
  hostDir,
  labRemains,
  remainingHosts,
  remainingNetns,
  removeLabDir,
} from './lab-dir.ts';
import { netnsPrefix } from './lab-plan.ts';
import { removeAllNetns } from './namespaces.ts';
import { killEverythingIn } from './processes-in.ts';

/**
 * Removes everything of a lab, whatever state it is in: it asks the kernel and the disk, not a record.
 * Tries everything and tells of all failures at the end; what is gone already is success.
 * @returns whether there was anything.
 * @throws SprueError `LAB_CLEANUP_FAILED`
 */
export async function labDown(name: string): Promise<boolean> {
  if (!labRemains(name)) return false;
  const dirs = remainingHosts(name).map(host => hostDir(name, host));
  const netns = [...remainingNetns(name), ...dirs.flatMap(containerNetns)];
  const problems: string[] = [];
  const attempt = (what: string, action: () => Promise<unknown>): Promise<unknown> =>
    action().catch(thrown => problems.push(`${what}: ${reasonOf(thrown)}`));

  await attempt('processes', () => killEverythingIn(netns));
  await attempt('processes on record', () => killRecorded(dirs));
  await Promise.all(dirs.map(dir => attempt('containers', () => removeContainers(dir))));
  await attempt('namespaces', () => removeAllNetns(netns));
  await Promise.all(dirs.map(dir => attempt('hostname', () => unmountIfThere(join(dir, 'uts')))));
  await attempt('/etc/netns', () => removeEtc(name));
  if (problems.length > 0)
    throw new SprueError('LAB_CLEANUP_FAILED', { name, problems: problems.join('; ') });
  await removeLabDir(name);
  return true;
}

/** A process whose namespace somebody removed by name still runs in it. */
async function killRecorded(dirs: readonly string[]): Promise<void> {
  for (const dir of dirs) {
    for (const file of entries(dir).filter(entry => entry.endsWith('.pid.json'))) {
      const found = await findRecordedProcess(join(dir, file));
      if (found !== undefined) process.kill(found.pid, 'SIGKILL');
    }
  }
}

async function unmountIfThere(path: string): Promise<void> {
  await run(['umount', path], { okExitCodes: [0, 1, 32] }); // 1 and 32: not mounted, or no such file
}

async function removeEtc(name: string): Promise<void> {
  const prefix = netnsPrefix(name);
  for (const netns of entries('/etc/netns').filter(entry => entry.startsWith(prefix)))
    await rm(etcDir(netns), { recursive: true, force: true });
  await rmdir('/etc/netns').catch(() => {}); // somebody else's may be there
}
