import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { checkTree } from './check-tree.ts';
import { packFolders } from './pack-folders.ts';

/** What of `/home/vcap` goes into a droplet; all else there belongs to the build. */
const PARTS = ['app', 'deps', 'profile.d'] as const;

export interface DropletContent {
  /** The host's path of the ended container's `/home/vcap`. */
  readonly homePath: string;
  /** Becomes `staging_info.yml`. */
  readonly stagingInfo: object;
  /** A folder of the host's, to write to. */
  readonly workFolder: string;
  /** Of all files together, before they are packed. */
  readonly maxBytes: number;
}

/**
 * Packs `app/`, `deps/`, `profile.d/` and `staging_info.yml` into `droplet.tgz` in the work folder.
 * @throws StagingFailure when the app holds something that a droplet cannot carry.
 */
export async function packDroplet(
  content: DropletContent,
  signal: AbortSignal,
): Promise<{ readonly path: string; readonly sizeBytes: number }> {
  const { homePath, stagingInfo, workFolder, maxBytes } = content;
  let left = maxBytes;
  for (const part of PARTS) left -= await checkTree(join(homePath, part), part, left);
  await writeFile(join(workFolder, 'staging_info.yml'), stringify(stagingInfo));
  const path = join(workFolder, 'droplet.tgz');
  const sources = [
    { base: workFolder, names: ['staging_info.yml'] },
    { base: homePath, names: PARTS },
  ];
  await packFolders(path, sources, signal);
  return { path, sizeBytes: (await stat(path)).size };
}
