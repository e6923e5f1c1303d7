import { createWriteStream } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Entry, getFileNameLowLevel, openPromise, type ZipFile } from 'yauzl';
import { reasonOf } from '../../core/errors.ts';
import { formatBytes } from '../../core/size.ts';
import { ParallelWrites } from '../droplet/parallel-writes.ts';
import { StagingFailure } from './staging-failure.ts';
import { checksum, readWhole } from './zip-content.ts';
import { checkLinkTarget, readZipEntry, type ZipEntry } from './zip-entry.ts';

export interface UnzipLimits {
  /** Of all files together, uncompressed. */
  readonly maxBytes: number;
  readonly maxEntries: number;
  readonly signal?: AbortSignal;
}

const MAX_LINK_BYTES = 4096;
/** Up to this size a file is read whole, beside others: ten times as fast as streams one by one. */
const SMALL_FILE_BYTES = 256 * 1024;
const PARALLEL_FILES = 16;

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
  readonly #writes = new ParallelWrites(PARALLEL_FILES);
  #bytes = 0;

  constructor(zip: ZipFile, folder: string, limits: UnzipLimits) {
    this.#zip = zip;
    this.#folder = folder;
    this.#limits = limits;
  }

  async run(): Promise<void> {
    try {
      for await (const raw of this.#zip.eachEntry()) {
        this.#limits.signal?.throwIfAborted();
        await this.#extract(raw, readZipEntry(nameOf(raw), raw));
      }
    } finally {
      await this.#writes.settle();
    }
    await this.#writes.finish();
    for (const [path, target] of this.#links) await symlink(target, join(this.#folder, path));
  }

  async #extract(raw: Entry, entry: ZipEntry): Promise<void> {
    this.#account(raw);
    if (entry.kind === 'folder') return this.#makeFolder(entry.path);
    await this.#makeFolder(parentOf(entry.path));
    if (this.#kinds.has(entry.path)) throw twice(entry.path);
    this.#kinds.set(entry.path, entry.kind);
    if (entry.kind === 'link') this.#links.set(entry.path, await this.#readLink(raw, entry.path));
    else await this.#writes.add(this.#writeFile(raw, entry));
  }

  /** A file that turns out bigger than declared fails later on, so the declared sizes can be trusted. */
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
    await this.#makeFolder(parentOf(path));
    this.#kinds.set(path, 'folder');
    await mkdir(join(this.#folder, path), { mode: 0o755 });
  }

  async #readLink(raw: Entry, path: string): Promise<string> {
    if (Math.max(raw.uncompressedSize, raw.compressedSize) > MAX_LINK_BYTES) {
      throw new StagingFailure('StagingError', `the package's link “${path}” is too long`);
    }
    const target = (await readWhole(this.#zip, raw)).toString();
    checkLinkTarget(path, target);
    return target;
  }

  /** The umask may take bits from group and others: in the container everything belongs to vcap. */
  async #writeFile(raw: Entry, { path, mode }: ZipEntry): Promise<void> {
    const target = join(this.#folder, path);
    if (Math.max(raw.uncompressedSize, raw.compressedSize) <= SMALL_FILE_BYTES) {
      await writeFile(target, await readWhole(this.#zip, raw), { flag: 'wx', mode });
    } else {
      const content = await this.#zip.openReadStreamPromise(raw);
      const file = createWriteStream(target, { flags: 'wx', mode });
      await pipeline(content, checksum(raw), file, { signal: this.#limits.signal });
    }
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

/** Empty for what lies at the top. */
function parentOf(path: string): string {
  return dirname(`/${path}`).slice(1);
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
