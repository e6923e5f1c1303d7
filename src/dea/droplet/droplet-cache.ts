import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Guid, isGuid } from '../../core/ids.ts';

/** Where droplets come from: the object bucket `droplets`. */
export interface DropletSource {
  /**
   * The stream fails with `OBJECT_CORRUPT` when the content does not match its digest.
   * @throws SprueError `OBJECT_MISSING`
   */
  get(name: string): Promise<Readable>;
}

export interface CachedDroplet {
  readonly path: string;
  readonly sizeBytes: number;
}

/** A download that stands still for this long is given up. */
const STALLED_MS = 30_000;

/** Droplets on this host's disk, as `<guid>.tgz`: a file under its final name is whole. */
export class DropletCache {
  readonly #folder: string;
  readonly #source: DropletSource;
  readonly #downloads = new Map<Guid, Promise<CachedDroplet>>();

  private constructor(folder: string, source: DropletSource) {
    this.#folder = folder;
    this.#source = source;
  }

  static async open(folder: string, source: DropletSource): Promise<DropletCache> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return new DropletCache(folder, source);
  }

  /**
   * The droplet's file. Callers that ask at the same time share one download; it goes on for the others
   * when one of them loses interest.
   * @throws SprueError `OBJECT_MISSING`, `OBJECT_CORRUPT`
   */
  get(guid: Guid): Promise<CachedDroplet> {
    const known = this.#downloads.get(guid);
    if (known !== undefined) return known;
    const download = this.#find(guid).finally(() => this.#downloads.delete(guid));
    this.#downloads.set(guid, download);
    return download;
  }

  /** Forgets a file that turned out damaged. */
  async evict(guid: Guid): Promise<void> {
    await rm(this.#pathOf(guid), { force: true });
  }

  /** Deletes every droplet that is not in `used` and not being downloaded. */
  async retain(used: ReadonlySet<Guid>): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      const guid = name.slice(0, name.indexOf('.'));
      const inUse = isGuid(guid) && (used.has(guid) || this.#downloads.has(guid));
      if (!inUse) await rm(join(this.#folder, name), { force: true });
    }
  }

  async #find(guid: Guid): Promise<CachedDroplet> {
    const path = this.#pathOf(guid);
    return (await statIfThere(path)) ?? (await this.#download(guid, path));
  }

  async #download(guid: Guid, path: string): Promise<CachedDroplet> {
    const partial = `${path}.partial`;
    try {
      await saveStream(await this.#source.get(guid), partial);
      const { size } = await stat(partial);
      await rename(partial, path);
      return { path, sizeBytes: size };
    } finally {
      await rm(partial, { force: true });
    }
  }

  #pathOf(guid: Guid): string {
    return join(this.#folder, `${guid}.tgz`);
  }
}

async function statIfThere(path: string): Promise<CachedDroplet | undefined> {
  try {
    return { path, sizeBytes: (await stat(path)).size };
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw thrown;
  }
}

async function saveStream(content: Readable, path: string): Promise<void> {
  const stalled = setTimeout(() => {
    content.destroy(new Error(`the download stood still for ${STALLED_MS / 1000} s`));
  }, STALLED_MS);
  content.on('data', () => stalled.refresh());
  try {
    await pipeline(content, createWriteStream(path, { flags: 'w', mode: 0o600, flush: true }));
  } finally {
    clearTimeout(stalled);
  }
}
