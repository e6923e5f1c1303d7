import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { reasonOf } from '../../core/errors.ts';
import type { Guid } from '../../core/ids.ts';
import type { Log } from '../../core/log.ts';
import { unpackDroplet } from '../droplet/unpack-droplet.ts';
import { checkTree } from './check-tree.ts';
import { packFolders } from './pack-folders.ts';

export interface BuildCacheOptions {
  /** Holds one archive per app, `<app guid>.tgz`. */
  readonly folder: string;
  /** Of all archives together; the oldest go first. */
  readonly maxBytes: number;
  readonly log: Log;
}

/**
 * What buildpacks keep in their cache folder from one build of an app to the next, mostly downloads.
 * Only ever a help: without it, or when it is damaged, a build takes longer.
 */
export class BuildCache {
  readonly #options: BuildCacheOptions;

  constructor(options: BuildCacheOptions) {
    this.#options = options;
  }

  /** Fills an absent folder with what the app's last build left; makes it empty when there is nothing. */
  async restore(
    appGuid: Guid,
    target: string,
    { maxBytes, signal }: { readonly maxBytes: number; readonly signal: AbortSignal },
  ): Promise<void> {
    const archive = this.#archive(appGuid);
    await mkdir(target);
    try {
      await unpackDroplet(archive, target, { maxBytes, signal });
    } catch (thrown) {
      signal.throwIfAborted();
      if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return;
      this.#options.log.warn({ app: appGuid, reason: reasonOf(thrown) }, 'build cache dropped');
      await rm(archive, { force: true });
      await rm(target, { recursive: true, force: true });
      await mkdir(target);
    }
  }

  /**
   * Keeps the folder `name` in `base` for the app's next build.
   * @param source `archive` is a file of the caller's to pack into.
   * @throws StagingFailure when the build has put something else in the folder's place.
   */
  async save(
    appGuid: Guid,
    source: {
      readonly base: string;
      readonly name: string;
      readonly archive: string;
      readonly maxBytes: number;
    },
    signal: AbortSignal,
  ): Promise<void> {
    const folder = join(source.base, source.name);
    await checkTree(folder, source.name, source.maxBytes);
    const names = await readdir(folder);
    if (names.length === 0) return rm(this.#archive(appGuid), { force: true });
    const packed = { base: folder, names: ['.'] };
    await packFolders(source.archive, [packed], signal);
    await mkdir(this.#options.folder, { recursive: true, mode: 0o700 });
    await rename(source.archive, this.#archive(appGuid));
    await this.#prune();
  }

  async #prune(): Promise<void> {
    const { folder, maxBytes } = this.#options;
    const names = await readdir(folder);
    const files = await Promise.all(
      names.map(async name => {
        const path = join(folder, name);
        const { size, mtimeMs } = await stat(path);
        return { path, size, mtimeMs };
      }),
    );
    let total = 0;
    for (const { path, size } of files.sort((a, b) => b.mtimeMs - a.mtimeMs)) {
      total += size;
      if (total > maxBytes) await rm(path, { force: true });
    }
  }

  #archive(appGuid: Guid): string {
    return join(this.#options.folder, `${appGuid}.tgz`);
  }
}
