import {
  chmodSync,
  copyFileSync,
  existsSync,
  lchownSync,
  mkdirSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { ContainerFolder } from './container-folder.ts';
import { type EtcSpec, etcFiles } from './etc-files.ts';
import { SHARED_PATHS } from './oci-spec.ts';
import { VCAP_GID, VCAP_HOME, VCAP_UID } from './vcap.ts';
import type { ContainerSpec } from './warden.ts';

/** Top-level folders that a merged-/usr system keeps as links: copied as links when they are some. */
const USR_LINKS = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32'];

/** Mount points and empty folders. runc cannot make them: its root inside does not own this tree. */
const FOLDERS = ['dev', 'etc', 'proc', 'run', 'sys', 'sys/fs', 'sys/fs/cgroup', 'tmp', 'var'];

const LINKS: Readonly<Record<string, string>> = {
  'etc/mtab': '/proc/self/mounts',
  'etc/os-release': '../usr/lib/os-release',
  'var/run': '/run',
  'var/tmp': '/tmp',
};

/**
 * Makes a container's root: folders, links and a generated `/etc` (bound read-only, like `/usr`,
 * when the container starts), and its empty writable folders.
 *
 * Synchronous on purpose: some fifty calls of a few µs each, 1 ms in all; as promises they take
 * five times as long.
 */
export function buildRootFilesystem(
  spec: EtcSpec & Pick<ContainerSpec, 'mounts'>,
  folder: ContainerFolder,
  uidBase: number,
): void {
  const root = new Tree(folder.rootfs, uidBase);
  root.folder('');
  for (const path of FOLDERS) root.folder(path);
  for (const [path, target] of Object.entries({ ...usrLinks(), ...LINKS })) root.link(path, target);
  for (const [name, text] of Object.entries(etcFiles(spec))) root.file(`etc/${name}`, text);
  // Without it the loader finds no library outside its built-in folders.
  if (existsSync('/etc/ld.so.cache')) root.copy('etc/ld.so.cache', '/etc/ld.so.cache');
  for (const path of [...SHARED_PATHS, VCAP_HOME]) root.folder(path);
  for (const { source, destination } of spec.mounts) {
    if (statSync(source).isDirectory()) root.folder(destination);
    else root.file(destination, '');
  }
  makeWritableFolders(folder, uidBase);
}

function makeWritableFolders(folder: ContainerFolder, uidBase: number): void {
  mkdirSync(folder.private, { mode: 0o700 });
  for (const [path, mode] of [
    [folder.home, 0o755],
    [folder.tmp, 0o1777],
  ] as const) {
    mkdirSync(path);
    chmodSync(path, mode); // mkdir's mode goes through the umask
    lchownSync(path, uidBase + VCAP_UID, uidBase + VCAP_GID);
  }
}

function usrLinks(): Record<string, string> {
  const links = USR_LINKS.map(name => [name, linkTarget(`/${name}`)] as const);
  return Object.fromEntries(links.filter(link => link[1] !== undefined)) as Record<string, string>;
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** Makes entries that belong to root inside and that everybody may read, whatever the umask is. */
class Tree {
  readonly #root: string;
  readonly #owner: number;
  readonly #made = new Set<string>();

  constructor(root: string, owner: number) {
    this.#root = root;
    this.#owner = owner;
  }

  folder(path: string): void {
    const full = this.#locate(path);
    if (this.#made.has(full)) return;
    if (full !== this.#root) this.folder(dirname(path));
    mkdirSync(full);
    chmodSync(full, 0o755);
    this.#give(full);
  }

  file(path: string, text: string): void {
    const full = this.#prepare(path);
    writeFileSync(full, text);
    chmodSync(full, 0o644);
    this.#give(full);
  }

  copy(path: string, source: string): void {
    const full = this.#prepare(path);
    copyFileSync(source, full);
    chmodSync(full, 0o644);
    this.#give(full);
  }

  link(path: string, target: string): void {
    const full = this.#prepare(path);
    symlinkSync(target, full);
    this.#give(full);
  }

  #prepare(path: string): string {
    this.folder(dirname(path));
    return this.#locate(path);
  }

  #locate(path: string): string {
    return resolve(this.#root, path.replace(/^\//, ''));
  }

  #give(full: string): void {
    lchownSync(full, this.#owner, this.#owner);
    this.#made.add(full);
  }
}
