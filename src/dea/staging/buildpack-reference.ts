import { readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, isAbsolute, join, sep } from 'node:path';
import { StagingFailure } from './staging-failure.ts';

/** Where a buildpack comes from. */
export type BuildpackReference =
  | { readonly kind: 'built-in'; readonly name: string }
  | { readonly kind: 'folder'; readonly name: string; readonly path: string }
  | {
      readonly kind: 'git';
      /** Without credentials: for people. */
      readonly name: string;
      readonly url: string;
      readonly branch: string | undefined;
    };

/** The buildpacks that come with Sprue, in the order in which they are asked whether they fit. */
export const BUILT_IN_BUILDPACKS = ['staticfile', 'nodejs', 'python', 'procfile'] as const;

/** Takes anything, so it is used only when asked for, or when the start command is known. */
export const BINARY_BUILDPACK = 'binary';

const BUILT_IN: ReadonlySet<string> = new Set([...BUILT_IN_BUILDPACKS, BINARY_BUILDPACK]);
const GIT_PROTOCOLS: ReadonlySet<string> = new Set(['https:', 'http:', 'git:']);
const BRANCH = /^[A-Za-z0-9_][A-Za-z0-9_./-]*$/;

/**
 * Resolves a name from `-b` or a manifest: a built-in buildpack (`nodejs` or `nodejs_buildpack`), a git
 * URL with an optional `#branch`, or a folder of this host.
 *
 * The folder is read by root and shown to whoever pushes. So it must lie in `folder`, where only the
 * operator writes.
 * @throws StagingFailure that says what is allowed.
 */
export function resolveBuildpack(name: string, folder: string): BuildpackReference {
  const builtIn = name.replace(/_buildpack$/, '');
  if (BUILT_IN.has(builtIn)) return { kind: 'built-in', name: builtIn };
  if (isAbsolute(name)) return resolveFolder(name, folder);
  if (name.includes('://')) return resolveGitUrl(name);
  if (/^[A-Za-z0-9][\w.-]*$/.test(name) && isFolder(join(folder, name))) {
    return resolveFolder(join(folder, name), folder);
  }
  throw new StagingFailure('StagingError', unknownName(name, folder));
}

function resolveFolder(path: string, folder: string): BuildpackReference {
  const real = tryRealpath(path);
  const allowed = tryRealpath(folder);
  if (real === undefined || allowed === undefined || !real.startsWith(allowed + sep)) {
    throw new StagingFailure(
      'StagingError',
      `the buildpack folder ${path} cannot be used: on the host, buildpacks must be folders in ${folder}, where the operator puts them`,
    );
  }
  return { kind: 'folder', name: basename(real), path: real };
}

function resolveGitUrl(name: string): BuildpackReference {
  const url = URL.parse(name);
  if (url === null || url.hostname === '' || !GIT_PROTOCOLS.has(url.protocol)) {
    throw new StagingFailure(
      'StagingError',
      `the buildpack “${withoutCredentials(name)}” cannot be fetched: git URLs begin with https://, http:// or git:// (SSH would need a key in the container)`,
    );
  }
  const branch = url.hash === '' ? undefined : url.hash.slice(1);
  if (branch !== undefined && (!BRANCH.test(branch) || branch.includes('..'))) {
    throw new StagingFailure('StagingError', `“${branch}” is not the name of a git branch or tag`);
  }
  url.hash = '';
  return { kind: 'git', name: withoutCredentials(name), url: url.href, branch };
}

function unknownName(name: string, folder: string): string {
  const known = [...BUILT_IN, ...foldersIn(folder)].join(', ');
  return `there is no buildpack “${withoutCredentials(name)}”: known are ${known}; a git URL works too`;
}

/** User name and password of a URL are secrets of the pusher: neither logs nor droplets show them. */
function withoutCredentials(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//');
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function tryRealpath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
