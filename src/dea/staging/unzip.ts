import { createWriteStream } from 'node:fs';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { type Entry, getFileNameLowLevel, openPromise, type ZipFile } from 'yauzl';
import { reasonOf } from '../../core/errors.ts';
import { formatBytes } from '../../core/size.ts';
import { StagingFailure } from './staging-failure.ts';
import { checkLinkTarget, readZipEntry, type ZipEntry } from './zip-entry.ts';

export interface UnzipLimits {
  /** Of all files together, uncompressed. */
  readonly maxBytes: number;
  readonly maxEntries: number;
  readonly signal?: AbortSignal;
}

const MAX_LINK_BYTES = 4096;
/** Up to this size a file is read whole and written with one call: three times as fast as a stream. */
const SMALL_FILE_BYTES = 256 * 1024;

/**
 * Unpacks a zip from a user into an empty folder that nobody else writes to.
 * @throws StagingFailure for archives that are broken, too big, or have entries that would land, or
 *   lead, outside the folder; what was written until then stays.
 */
export async function unzip(zipPath: string, folder: string, limits: UnzipLimits): Promise<void> {
  const zip = await openZip(zipPath);
  try {
    if (zip.entryCount > limits.maxEntries) {
      const text = `the package has ${zip.entryCount} entries; ${limits.maxEntries} are allowed`;
      throw new StagingFailure('StagingError', text);
    }
    await new Extraction(zip, folder, limits).run();
  } catch (thrown) {
    limits.signal?.throwIfAborted();
    if (thrown instanceof StagingFailure || isFileSystemError(thrown)) throw thrown;
    throw brokenZip(thrown);
  } finally {
    zip.close();
  }
}

class Extraction {
  readonly #zip: ZipFile;
  readonly #folder: string;
  readonly #limits: UnzipLimits;
  /** What each path of the tree is: nothing may be written twice, nor below something that is no folder. */
  readonly #kinds = new Map<string, ZipEntry['kind']>([['', 'folder']]);
  /** Made last, so that no file can be written through one. */
  readonly #links = new Map<string, string>();
  #bytes = 0;

  constructor(zip: ZipFile, folder: string, limits: UnzipLimits) {
    this.#zip = zip;
    this.#folder = folder;
    this.#limits = limits;
  }

  async run(): Promise<void> {
    for await (const raw of this.#zip.eachEntry()) {
      this.#limits.signal?.throwIfAborted();
      await this.#extract(raw, readZipEntry(nameOf(raw), raw));
    }
    for (const [path, target] of this.#links) await symlink(target, join(this.#folder, path));
  }

  async #extract(raw: Entry, entry: ZipEntry): Promise<void> {
    this.#account(raw);
    if (entry.kind === 'folder') return this.#makeFolder(entry.path);
    await this.#makeFolder(dirname(`/${entry.path}`).slice(1));
    this.#claim(entry);
    if (entry.kind === 'link') this.#links.set(entry.path, await this.#readLink(raw, entry.path));
    else await this.#writeFile(raw, entry);
  }

  /** yauzl fails when an entry turns out bigger than declared, so the declared sizes can be trusted. */
  #account(raw: Entry): void {
    this.#bytes += raw.uncompressedSize;
    if (this.#bytes > this.#limits.maxBytes) {
      const allowed = formatBytes(this.#limits.maxBytes);
      throw new StagingFailure(
        'StagingError',
        `the package is bigger than the app's disk (${allowed}) when unpacked`,
      );
    }
    if (!raw.canDecodeFileData()) {
      const how = raw.isEncrypted() ? 'is encrypted' : 'has an unknown compression method';
      throw new StagingFailure('StagingError', `the package's entry “${nameOf(raw)}” ${how}`);
    }
  }

  async #makeFolder(path: string): Promise<void> {
    const kind = this.#kinds.get(path);
    if (kind === 'folder') return;
    if (kind !== undefined) throw twice(path);
    await this.#makeFolder(dirname(`/${path}`).slice(1));
    this.#kinds.set(path, 'folder');
    await mkdir(join(this.#folder, path), { mode: 0o755 });
  }

  #claim(entry: ZipEntry): void {
    if (this.#kinds.has(entry.path)) throw twice(entry.path);
    this.#kinds.set(entry.path, entry.kind);
  }

  async #readLink(raw: Entry, path: string): Promise<string> {
    if (raw.uncompressedSize > MAX_LINK_BYTES) {
      throw new StagingFailure('StagingError', `the package's link “${path}” is too long`);
    }
    const target = (await buffer(await this.#zip.openReadStreamPromise(raw))).toString();
    checkLinkTarget(path, target);
    return target;
  }

  async #writeFile(raw: Entry, entry: ZipEntry): Promise<void> {
    const path = join(this.#folder, entry.path);
    const options = { flags: 'wx', mode: entry.mode } as const;
    const content = await this.#zip.openReadStreamPromise(raw);
    if (raw.uncompressedSize <= SMALL_FILE_BYTES) {
      await writeFile(path, await buffer(content), { flag: options.flags, mode: options.mode });
    } else {
      await pipeline(content, createWriteStream(path, options), { signal: this.#limits.signal });
    }
    await chmod(path, entry.mode); // the umask has its say in open(2)
  }
}

async function openZip(zipPath: string): Promise<ZipFile> {
  try {
    return await openPromise(zipPath, { autoClose: false, decodeStrings: false });
  } catch (thrown) {
    if (isFileSystemError(thrown)) throw thrown;
    throw brokenZip(thrown);
  }
}

/** Decoded here and not by yauzl, whose own check of names would come first, in its own words. */
function nameOf(raw: Entry): string {
  return getFileNameLowLevel(raw.generalPurposeBitFlag, raw.fileNameRaw, raw.extraFields, true);
}

function twice(path: string): StagingFailure {
  return new StagingFailure('StagingError', `the package has “${path}” twice`);
}

function brokenZip(thrown: unknown): StagingFailure {
  const text = `the package cannot be unpacked: ${reasonOf(thrown)}`;
  return new StagingFailure('StagingError', text, { cause: thrown });
}

function isFileSystemError(thrown: unknown): boolean {
  return thrown instanceof Error && 'syscall' in thrown;
}
