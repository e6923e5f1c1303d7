import { StagingFailure } from './staging-failure.ts';

export type ZipEntryKind = 'file' | 'folder' | 'link';

/** The fields of a zip's central directory that decide what an entry becomes. */
export interface ZipAttributes {
  readonly versionMadeBy: number;
  readonly externalFileAttributes: number;
}

export interface ZipEntry {
  /** Relative and normalised: no empty, `.` or `..` component; empty for the root itself. */
  readonly path: string;
  readonly kind: ZipEntryKind;
  /** Permission bits, always readable and writable for the owner. */
  readonly mode: number;
}

/** Longest name that Linux file systems take, bytes. */
const MAX_NAME_BYTES = 255;
const MAX_PATH_BYTES = 2048;

/** `versionMadeBy` of archivers that record Unix modes: Unix and macOS (APPNOTE.TXT §4.4.2). */
const UNIX_MAKERS: ReadonlySet<number> = new Set([3, 19]);

const S_IFMT = 0o170000;
const KIND_BY_TYPE: ReadonlyMap<number, ZipEntryKind> = new Map([
  [0o100000, 'file'],
  [0o040000, 'folder'],
  [0o120000, 'link'],
]);

/** What an entry becomes on disk. @throws StagingFailure when it must not become anything. */
export function readZipEntry(fileName: string, attributes: ZipAttributes): ZipEntry {
  const path = normalisePath(fileName);
  const { versionMadeBy, externalFileAttributes } = attributes;
  const unixMode = UNIX_MAKERS.has(versionMadeBy >>> 8) ? externalFileAttributes >>> 16 : 0;
  const kind = kindOf(fileName, unixMode);
  const permissions = unixMode & 0o777;
  if (kind === 'folder') return { path, kind, mode: 0o755 };
  // Archives from Windows carry no modes; without the x bit nothing in them could be started.
  return { path, kind, mode: permissions === 0 ? 0o755 : permissions | 0o600 };
}

function kindOf(fileName: string, unixMode: number): ZipEntryKind {
  const fallback = fileName.endsWith('/') ? 'folder' : 'file';
  const type = unixMode & S_IFMT;
  if (type === 0) return fallback;
  const kind = KIND_BY_TYPE.get(type);
  if (kind === undefined) {
    throw refuse(fileName, 'is neither a file, a folder nor a symbolic link');
  }
  return kind === 'link' && fallback === 'folder' ? 'folder' : kind;
}

function normalisePath(fileName: string): string {
  if (fileName.includes('\0')) throw refuse(fileName, 'has a NUL byte in its name');
  if (fileName.includes('\\')) throw refuse(fileName, 'has a backslash in its name');
  if (fileName.startsWith('/')) throw refuse(fileName, 'has an absolute path');
  if (/^[A-Za-z]:/.test(fileName)) throw refuse(fileName, 'names a drive');
  const names = fileName.split('/').filter(name => name !== '' && name !== '.');
  if (names.includes('..')) throw refuse(fileName, 'leads out of the app by “..”');
  if (names.some(name => Buffer.byteLength(name) > MAX_NAME_BYTES)) {
    throw refuse(fileName, `has a name of more than ${MAX_NAME_BYTES} bytes`);
  }
  const path = names.join('/');
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) {
    throw refuse(fileName, `has a path of more than ${MAX_PATH_BYTES} bytes`);
  }
  return path;
}

/**
 * Refuses a symbolic link that could lead out of the tree. `..` is allowed at the start of the target
 * only: after a name it could climb out through another link, which no look at the text alone can see.
 */
export function checkLinkTarget(path: string, target: string): void {
  if (target === '' || target.includes('\0')) throw refuse(path, 'is a link to nothing');
  if (target.startsWith('/')) throw refuse(path, `is a link to the absolute path “${target}”`);
  const names = target.split('/').filter(name => name !== '' && name !== '.');
  const firstName = names.findIndex(name => name !== '..');
  const climbs = firstName === -1 ? names.length : firstName;
  const depth = path.split('/').length - 1;
  if (climbs > depth) throw refuse(path, `is a link out of the app, to “${target}”`);
  if (names.slice(climbs).includes('..')) {
    throw refuse(path, `is a link whose target “${target}” has “..” after a name`);
  }
}

function refuse(fileName: string, why: string): StagingFailure {
  const shown = fileName.length > 200 ? `${fileName.slice(0, 200)}…` : fileName;
  return new StagingFailure('StagingError', `the package's entry ${JSON.stringify(shown)} ${why}`);
}
