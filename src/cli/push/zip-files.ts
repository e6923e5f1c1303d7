import { createWriteStream } from 'node:fs';
import { access, constants, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import { fileReason, pathInvalid } from '../path-error.ts';
import type { Source, SourceEntry } from './gather-files.ts';

/** A zip on disk; disposing of it removes what was made for it. */
export interface Zip extends AsyncDisposable {
  readonly file: string;
  readonly sizeBytes: number;
}

const LINK_TYPE = 0o120000;
const FILE_TYPE = 0o100000;
const DIRECTORY_TYPE = 0o040000;

/** Zips a source into a temporary file, streaming. @throws SprueError `PUSH_PATH_INVALID` */
export async function zipSource(source: Source, signal: AbortSignal): Promise<Zip> {
  if (source.kind === 'archive') {
    return { file: source.file, sizeBytes: source.sizeBytes, async [Symbol.asyncDispose]() {} };
  }
  await checkReadable(source.root, source.entries);
  const directory = await mkdtemp(join(tmpdir(), 'sprue-push-'));
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true });
  const file = join(directory, 'package.zip');
  try {
    await writeZip(source.root, source.entries, file, signal);
    return { file, sizeBytes: (await stat(file)).size, [Symbol.asyncDispose]: remove };
  } catch (cause) {
    await remove();
    signal.throwIfAborted();
    throw pathInvalid(source.root, fileReason(cause), cause);
  }
}

async function writeZip(
  root: string,
  entries: readonly SourceEntry[],
  file: string,
  signal: AbortSignal,
): Promise<void> {
  const zip = new ZipFile();
  const failed = new AbortController();
  // yazl reports a file that vanished or changed while it was read on the zip, not on its stream.
  zip.on('error', (cause: unknown) => failed.abort(cause));
  for (const entry of entries) addEntry(zip, root, entry);
  zip.end();
  try {
    const ended = AbortSignal.any([signal, failed.signal]);
    await pipeline(zip.outputStream, createWriteStream(file, { mode: 0o600 }), { signal: ended });
  } catch (cause) {
    throw failed.signal.aborted ? failed.signal.reason : cause;
  }
}

function addEntry(zip: ZipFile, root: string, entry: SourceEntry): void {
  const { path, mode, modified: mtime } = entry;
  switch (entry.kind) {
    case 'file':
      zip.addFile(join(root, path), path, { mtime, mode: FILE_TYPE | mode });
      return;
    case 'directory':
      zip.addEmptyDirectory(path, { mtime, mode: DIRECTORY_TYPE | mode });
      return;
    case 'link':
      zip.addBuffer(Buffer.from(entry.target), path, { mtime, mode: LINK_TYPE | 0o777 });
      return;
    default:
      entry satisfies never;
  }
}

async function checkReadable(root: string, entries: readonly SourceEntry[]): Promise<void> {
  for (const entry of entries) {
    if (entry.kind !== 'file') continue;
    const file = join(root, entry.path);
    await access(file, constants.R_OK).catch((cause: unknown) => {
      throw pathInvalid(file, fileReason(cause), cause);
    });
  }
}
