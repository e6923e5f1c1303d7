import type { Dirent, Stats } from 'node:fs';
import { lstat, readdir, readFile, readlink, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, normalize } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { fileReason, pathInvalid } from '../path-error.ts';

/** What goes into the zip, by its path in it. Directories end in a slash. */
export type SourceEntry = {
  readonly path: string;
  /** Permissions, without the type of file. */
  readonly mode: number;
  readonly modified: Date;
} & (
  | { readonly kind: 'file'; readonly sizeBytes: number }
  | { readonly kind: 'directory' }
  | { readonly kind: 'link'; readonly target: string }
);

export type Source =
  | { readonly kind: 'directory'; readonly root: string; readonly entries: readonly SourceEntry[] }
  /** A zip, jar or war that is pushed as it is. */
  | { readonly kind: 'archive'; readonly file: string; readonly sizeBytes: number };

/** Never pushed, as with `cf`. `node_modules` is, unless `.cfignore` says otherwise. */
const ALWAYS_IGNORED: readonly string[] = [
  '.cfignore',
  '.DS_Store',
  '.git',
  '.gitignore',
  '.hg',
  '.svn',
  '_darcs',
  '/manifest.yml',
  '/manifest.yaml',
];

/**
 * The files of an app that are to be pushed.
 * @throws SprueError `PUSH_PATH_INVALID` when there is nothing to push, or something that must not be:
 *   a link out of the tree, a device, a socket, a file that cannot be read.
 */
export async function gatherFiles(path: string): Promise<Source> {
  const info = await stat(path).catch((cause: unknown) => {
    throw pathInvalid(path, fileReason(cause), cause);
  });
  if (info.isFile()) return { kind: 'archive', file: archiveName(path), sizeBytes: info.size };
  if (!info.isDirectory()) throw pathInvalid(path, 'it is neither a directory nor a zip file');
  const walk = { root: path, rules: await readRules(path), entries: [] as SourceEntry[] };
  await walkDirectory(walk, '');
  if (!walk.entries.some(entry => entry.kind === 'file')) {
    throw pathInvalid(path, 'there is no file in it');
  }
  return { kind: 'directory', root: path, entries: walk.entries };
}

/** What is ignored below `root`, by `.gitignore`'s rules. */
async function readRules(root: string): Promise<Ignore> {
  const rules = ignore().add([...ALWAYS_IGNORED]);
  const text = await readFile(join(root, '.cfignore'), 'utf8').catch((cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw pathInvalid(join(root, '.cfignore'), fileReason(cause), cause);
  });
  return rules.add(text);
}

interface Walk {
  readonly root: string;
  readonly rules: Ignore;
  readonly entries: SourceEntry[];
}

async function walkDirectory(walk: Walk, directory: string): Promise<void> {
  const children = await readdir(join(walk.root, directory), { withFileTypes: true }).catch(
    (cause: unknown) => {
      throw pathInvalid(join(walk.root, directory), fileReason(cause), cause);
    },
  );
  children.sort((left, right) => (left.name < right.name ? -1 : 1));
  for (const child of children) await addChild(walk, directory, child);
}

async function addChild(walk: Walk, directory: string, child: Dirent): Promise<void> {
  const path = directory + child.name;
  const isDirectory = child.isDirectory();
  if (walk.rules.ignores(isDirectory ? `${path}/` : path)) return;
  const full = join(walk.root, path);
  if (/[\\\p{Cc}]/u.test(child.name))
    throw pathInvalid(full, 'its name has a character that a zip cannot carry');
  const info = await lstat(full);
  const frame = { mode: info.mode & 0o777, modified: info.mtime };
  if (isDirectory) {
    walk.entries.push({ ...frame, path: `${path}/`, kind: 'directory' });
    await walkDirectory(walk, `${path}/`);
  } else if (info.isSymbolicLink()) {
    const target = checkLink(walk.root, path, await readlink(full));
    walk.entries.push({ ...frame, path, kind: 'link', target });
  } else if (info.isFile()) {
    walk.entries.push({ ...frame, path, kind: 'file', sizeBytes: info.size });
  } else {
    throw pathInvalid(full, `it is ${kindOf(info)}; list it in .cfignore, or remove it`);
  }
}

/** A link may lead anywhere within the tree: in the container nothing else of it exists. */
function checkLink(root: string, path: string, target: string): string {
  const inside = normalize(join(dirname(path), target));
  if (!isAbsolute(target) && inside !== '..' && !inside.startsWith('../')) return target;
  throw pathInvalid(
    join(root, path),
    `it is a link to ${target}, which is outside of what is pushed; list it in .cfignore, or copy the file`,
  );
}

function archiveName(path: string): string {
  if (/\.(zip|jar|war)$/i.test(path)) return path;
  throw pathInvalid(path, `${basename(path)} is neither a directory nor a .zip, .jar or .war`);
}

function kindOf(info: Stats): string {
  if (info.isSocket()) return 'a socket';
  if (info.isFIFO()) return 'a pipe';
  return 'a device';
}
