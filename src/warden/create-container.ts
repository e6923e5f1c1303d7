import { chmodSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, isAbsolute, normalize } from 'node:path';
import { SprueError } from '../core/errors.ts';
import type { Container } from './container.ts';
import type { WardenFolder } from './container-folder.ts';
import { type OciContext, planOciSpec } from './oci-spec.ts';
import { buildRootFilesystem } from './root-filesystem.ts';
import type { ContainerSpec } from './warden.ts';

/** Makes the folders of a container anew; what a create that was cut short left is removed. */
export function createContainer(
  container: Container,
  spec: ContainerSpec,
  context: Pick<OciContext, 'uidBase' | 'swapLimit'>,
): void {
  const { folder } = container;
  checkMounts(spec);
  rmSync(folder.path, { recursive: true, force: true });
  makeTraversable(folder.path);
  buildRootFilesystem(spec, folder, context.uidBase);
  const config = planOciSpec(spec, {
    folder,
    cgroupsPath: container.cgroupsPath,
    architecture: process.arch,
    ...context,
  });
  const draft = `${folder.config}.draft`;
  writeFileSync(draft, JSON.stringify(config), { mode: 0o600 }); // holds the app's credentials
  renameSync(draft, folder.config);
}

/**
 * Makes the warden's folders in an existing state directory. Root inside a user namespace is nobody
 * special outside: it reaches a container's root only when every folder above lets others pass (not
 * list).
 * @throws SprueError `CONTAINER_FOLDER_CLOSED` naming a folder, not Sprue's own, that does not.
 */
export function createWardenFolders(stateDir: string, folder: WardenFolder): void {
  chmodSync(stateDir, statSync(stateDir).mode | 0o001);
  makeTraversable(folder.path);
  mkdirSync(folder.runc, { recursive: true, mode: 0o711 });
  mkdirSync(folder.exits, { recursive: true, mode: 0o700 });
  const closed = closedFolderAbove(stateDir);
  if (closed !== undefined) throw new SprueError('CONTAINER_FOLDER_CLOSED', { folder: closed });
}

/** A folder above the state directory that others may not pass; folders that are not there yet will let them. */
export function closedFolderAbove(stateDir: string): string | undefined {
  for (let above = dirname(stateDir); above !== '/'; above = dirname(above)) {
    const mode = statSync(above, { throwIfNoEntry: false })?.mode;
    if (mode !== undefined && (mode & 0o001) === 0) return above;
  }
  return undefined;
}

function makeTraversable(folder: string): void {
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o711);
}

/** Places where a mount would replace what the warden itself puts there. */
const OWN_PLACES = ['dev', 'etc', 'proc', 'sys', 'usr', 'tmp'];

function checkMounts(spec: ContainerSpec): void {
  for (const { destination } of spec.mounts) {
    const isPlain = isAbsolute(destination) && normalize(destination) === destination;
    if (!isPlain || OWN_PLACES.includes(destination.split('/')[1] ?? ''))
      throw new SprueError('PATH_OUTSIDE_CONTAINER', {
        path: destination,
        instance: spec.instanceId,
      });
  }
}
