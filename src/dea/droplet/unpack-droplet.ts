import { constants, createReadStream, createWriteStream } from 'node:fs';
import { access, chmod, link, mkdir, open, symlink, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { type Extract, extract } from 'tar-stream';
import { reasonOf, SprueError } from '../../core/errors.ts';
import { checkLinkTarget, entryPath, invalid, refuseThroughLink } from './entry-path.ts';
import { ParallelWrites } from './parallel-writes.ts';

type Entry = Extract extends AsyncIterable<infer E> ? E : never;

export interface UnpackOptions {
  /** What the content may weigh, unpacked. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
}

/** Files up to this size are read whole and written beside the others. */
const SMALL_BYTES = 256 * 1024;
const PARALLEL_WRITES = 16;

/**
 * Unpacks a droplet (tar.gz) into an empty folder. Set-uid bits are dropped; owners are not restored.
 * @throws SprueError `DROPLET_INVALID` when it is damaged, too big, or holds anything but files, folders
 *   and links that stay inside; what was written before stays behind.
 */
export async function unpackDroplet(
  file: string,
  folder: string,
  options: UnpackOptions,
): Promise<void> {
  await access(file, constants.R_OK); // a missing file is no invalid droplet
  const archive = extract();
  const unpacker = new Unpacker(folder, options.maxBytes);
  const feeding = pipeline(
    createReadStream(file, { highWaterMark: 256 * 1024 }),
    createGunzip(),
    archive as unknown as NodeJS.WritableStream, // a streamx stream, which pipeline() takes as it is
    ...(options.signal ? [{ signal: options.signal }] : []),
  );
  feeding.catch(() => {}); // the loop below meets the same failure
  try {
    for await (const entry of archive) await unpacker.add(entry);
    await feeding;
    await unpacker.finish();
  } catch (thrown) {
    await unpacker.settle();
    options.signal?.throwIfAborted();
    if (thrown instanceof SprueError || isDiskFailure(thrown)) throw thrown;
    throw new SprueError('DROPLET_INVALID', { reason: reasonOf(thrown) }, { cause: thrown });
  }
}

class Unpacker {
  readonly #folder: string;
  readonly #maxBytes: number;
  readonly #folders = new Set<string>(['.']);
  readonly #links = new Set<string>();
  /** Modes come last, since a folder may be read-only. */
  readonly #folderModes = new Map<string, number>();
  readonly #writes = new ParallelWrites(PARALLEL_WRITES);
  #bytes = 0;

  constructor(folder: string, maxBytes: number) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
  }

  async add(entry: Entry): Promise<void> {
    const { name, type, size, linkname } = entry.header;
    const path = entryPath(name);
    refuseThroughLink(dirname(path), this.#links);
    this.#bytes += size;
    if (this.#bytes > this.#maxBytes) throw tooBig(this.#maxBytes);
    switch (type) {
      case 'file':
      case 'contiguous-file':
        await this.#makeFolder(dirname(path));
        return this.#addFile(path, entry);
      case 'directory':
        await this.#makeFolder(path);
        this.#folderModes.set(path, entry.header.mode & 0o777);
        break;
      case 'symlink':
        checkLinkTarget(path, linkname);
        await this.#makeFolder(dirname(path));
        await symlink(linkname, join(this.#folder, path));
        this.#links.add(path);
        break;
      case 'link':
        await this.#addHardLink(path, entryPath(linkname));
        break;
      default:
        throw invalid(name, `is a ${type}`);
    }
    entry.resume();
  }

  async finish(): Promise<void> {
    await this.#writes.finish();
    for (const [path, mode] of this.#folderModes) await chmod(join(this.#folder, path), mode);
  }

  /** Resolves when no write is under way any more. */
  async settle(): Promise<void> {
    await this.#writes.settle();
  }

  async #addFile(path: string, entry: Entry): Promise<void> {
    const target = join(this.#folder, path);
    const mode = entry.header.mode & 0o777;
    const modified = entry.header.mtime;
    if (entry.header.size > SMALL_BYTES) {
      await pipeline(entry, createWriteStream(target, { flags: 'wx', mode }));
      return utimes(target, modified, modified);
    }
    const content: Buffer[] = [];
    for await (const chunk of entry) content.push(chunk as Buffer);
    await this.#writes.add(writeSmallFile(target, Buffer.concat(content), mode, modified));
  }

  async #addHardLink(path: string, existing: string): Promise<void> {
    refuseThroughLink(existing, this.#links);
    await this.settle();
    await this.#makeFolder(dirname(path));
    await link(join(this.#folder, existing), join(this.#folder, path));
  }

  async #makeFolder(path: string): Promise<void> {
    if (this.#folders.has(path)) return;
    refuseThroughLink(path, this.#links);
    await mkdir(join(this.#folder, path), { recursive: true });
    for (let folder = path; !this.#folders.has(folder); folder = dirname(folder)) {
      this.#folders.add(folder);
    }
  }
}

async function writeSmallFile(
  path: string,
  content: Buffer,
  mode: number,
  modified: Date,
): Promise<void> {
  const file = await open(path, 'wx', mode);
  try {
    await file.writeFile(content);
    await file.utimes(modified, modified);
  } finally {
    await file.close();
  }
}

function tooBig(maxBytes: number): SprueError {
  const reason = `its content is bigger than the disk quota of ${Math.round(maxBytes / 2 ** 20)}M`;
  return new SprueError('DROPLET_INVALID', { reason });
}

/** The machine's fault, not the droplet's. */
function isDiskFailure(thrown: unknown): boolean {
  const code = (thrown as NodeJS.ErrnoException).code ?? '';
  return ['ENOSPC', 'EDQUOT', 'EIO', 'EROFS', 'EMFILE', 'ENFILE'].includes(code);
}
