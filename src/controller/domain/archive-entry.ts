import { posix } from 'node:path';

/** One entry of a zip's central directory, as far as the rules need it. */
export interface ArchiveEntry {
  readonly name: string;
  /** Unix mode with the file type bits; 0 when the archive was not made on Unix. */
  readonly mode: number;
  readonly sizeBytes: number;
  /** Where a symlink points to. */
  readonly linkTarget?: string;
}

const S_IFMT = 0o170000;
const S_IFREG = 0o100000;
const S_IFDIR = 0o040000;
const S_IFLNK = 0o120000;
const MAX_PATH = 4096;

export function isSymlink(mode: number): boolean {
  return (mode & S_IFMT) === S_IFLNK;
}

/** Why an entry must not be unpacked, naming it; or `undefined`. */
export function entryProblem(entry: ArchiveEntry): string | undefined {
  const { name } = entry;
  const reason = pathProblem(name) ?? typeProblem(entry.mode) ?? linkProblem(entry);
  return reason === undefined ? undefined : `the entry “${printable(name)}” ${reason}`;
}

function pathProblem(name: string): string | undefined {
  if (name === '') return 'has no name';
  if (name.length > MAX_PATH) return `has a name of more than ${MAX_PATH} characters`;
  if (name.includes('\0')) return 'has a NUL byte in its name';
  if (name.includes('\\')) return 'has a backslash in its name';
  if (name.startsWith('/') || /^[A-Za-z]:/.test(name)) return 'has an absolute path';
  if (name.split('/').includes('..')) return 'leads out of the app by “..”';
  return undefined;
}

function typeProblem(mode: number): string | undefined {
  const type = mode & S_IFMT;
  if (type === 0 || type === S_IFREG || type === S_IFDIR || type === S_IFLNK) return undefined;
  return 'is a device, pipe or socket';
}

function linkProblem({ name, linkTarget }: ArchiveEntry): string | undefined {
  if (linkTarget === undefined) return undefined;
  if (linkTarget === '' || linkTarget.includes('\0')) return 'is a symlink to nowhere';
  if (posix.isAbsolute(linkTarget))
    return `is a symlink to the absolute path “${printable(linkTarget)}”`;
  // `..` after a name could climb out through another symlink; in front it cannot (see liesBelow).
  if (/(^|\/)(?!\.\.?(\/|$))[^/]+\/+(.*\/)?\.\.(\/|$)/.test(linkTarget)) {
    return `is a symlink with “..” in the middle of its target (“${printable(linkTarget)}”)`;
  }
  const resolved = posix.normalize(posix.join(posix.dirname(name), linkTarget));
  if (resolved !== '..' && !resolved.startsWith('../')) return undefined;
  return `is a symlink that leads out of the app (“${printable(linkTarget)}”)`;
}

/** Whether an entry lies below one of the archive's own symlinks: unpacking would follow it. */
export function liesBelow(name: string, symlinks: ReadonlySet<string>): boolean {
  if (symlinks.size === 0) return false;
  const parts = name.split('/').filter(part => part !== '' && part !== '.');
  for (let length = 1; length < parts.length; length++) {
    if (symlinks.has(parts.slice(0, length).join('/'))) return true;
  }
  return false;
}

function printable(text: string): string {
  const short = text.length > 200 ? `${text.slice(0, 200)}…` : text;
  return short.replace(/[^\x20-\x7e\u00a0-\uffff]/g, '?');
}
