import { text } from 'node:stream/consumers';
import { type Entry, getFileNameLowLevel, openPromise, type ZipFile } from 'yauzl';
import { reasonOf, SprueError } from '../../core/errors.ts';
import { formatBytes } from '../../core/size.ts';
import { entryProblem, isSymlink, liesBelow } from '../domain/archive-entry.ts';

export interface ArchiveLimits {
  /** Sum of the unpacked sizes that the central directory declares. */
  readonly maxUnpackedBytes: number;
  readonly maxEntries: number;
}

const ARCHIVE_LIMITS: ArchiveLimits = {
  maxUnpackedBytes: 8 * 2 ** 30,
  maxEntries: 200_000,
};

/** Longest symlink target that Linux allows (PATH_MAX). */
const MAX_LINK_BYTES = 4096;

/**
 * Reads the central directory of an uploaded zip and refuses what could harm when it is unpacked.
 * @throws SprueError `PACKAGE_INVALID`, naming the entry
 */
export async function checkArchive(path: string, limits = ARCHIVE_LIMITS): Promise<void> {
  const zip = await openZip(path);
  try {
    await checkEntries(zip, limits);
  } catch (thrown) {
    throw thrown instanceof SprueError ? thrown : invalid(`it is damaged (${reasonOf(thrown)})`);
  } finally {
    zip.close();
  }
}

async function openZip(path: string): Promise<ZipFile> {
  try {
    return await openPromise(path, { lazyEntries: true, decodeStrings: false, autoClose: false });
  } catch (thrown) {
    throw invalid(`it is no zip file, or only a part of one (${reasonOf(thrown)})`);
  }
}

async function checkEntries(zip: ZipFile, limits: ArchiveLimits): Promise<void> {
  if (zip.entryCount > limits.maxEntries) {
    throw invalid(`it has ${zip.entryCount} entries, more than ${limits.maxEntries}`);
  }
  const names: string[] = [];
  const symlinks = new Set<string>();
  let unpackedBytes = 0;
  for await (const entry of zip.eachEntry()) {
    const name = nameOf(entry);
    const mode = modeOf(entry);
    const link = isSymlink(mode) ? await linkTarget(zip, entry) : undefined;
    const problem = entryProblem({
      name,
      mode,
      sizeBytes: entry.uncompressedSize,
      ...(link !== undefined && { linkTarget: link }),
    });
    if (problem !== undefined) throw invalid(problem);
    if (entry.isEncrypted()) throw invalid(`the entry “${name}” is encrypted`);
    unpackedBytes += entry.uncompressedSize;
    if (unpackedBytes > limits.maxUnpackedBytes) {
      throw invalid(`it unpacks to more than ${formatBytes(limits.maxUnpackedBytes)}`);
    }
    if (link !== undefined) symlinks.add(name.split('/').filter(isRealPart).join('/'));
    names.push(name);
  }
  const below = names.find(name => liesBelow(name, symlinks));
  if (below !== undefined) throw invalid(`the entry “${below}” lies below a symlink`);
}

function isRealPart(part: string): boolean {
  return part !== '' && part !== '.';
}

/** `decodeStrings` is off so that our own rules, not the library's, see every name as it is. */
function nameOf(entry: Entry): string {
  return getFileNameLowLevel(
    entry.generalPurposeBitFlag,
    entry.fileNameRaw,
    entry.extraFields,
    true,
  );
}

/** Archives made on Unix carry the mode in the upper half of the external attributes. */
function modeOf(entry: Entry): number {
  const UNIX = 3;
  const MACOS = 19;
  const madeOn = entry.versionMadeBy >>> 8;
  return madeOn === UNIX || madeOn === MACOS ? entry.externalFileAttributes >>> 16 : 0;
}

async function linkTarget(zip: ZipFile, entry: Entry): Promise<string> {
  if (entry.uncompressedSize > MAX_LINK_BYTES) {
    throw invalid(`the entry “${nameOf(entry)}” is a symlink with a target that is too long`);
  }
  return text(await zip.openReadStreamPromise(entry));
}

function invalid(reason: string): SprueError {
  return new SprueError('PACKAGE_INVALID', { reason });
}
