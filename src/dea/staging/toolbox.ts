import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../exec/run.ts';

const DRIVER = join(import.meta.dirname, 'inside', 'stage.sh');
const BUILDPACKS = join(import.meta.dirname, '..', '..', '..', 'buildpacks');

/**
 * Copies the driver script and the built-in buildpacks to a folder that containers can read: Sprue's
 * own folder may lie where only root looks, or have been cloned under a strict umask.
 */
export async function installToolbox(folder: string): Promise<string> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await cp(DRIVER, join(folder, 'stage.sh'));
  await cp(BUILDPACKS, join(folder, 'buildpacks'), { recursive: true });
  await run(['chmod', '-R', 'u=rwX,go=rX', folder]);
  return folder;
}
