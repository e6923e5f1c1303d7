import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ManifestApp } from '../../proto/v3/manifest.ts';
import { fileReason, pathInvalid } from '../path-error.ts';
import {
  type ManifestVariables,
  parseVariables,
  parseVariablesFile,
} from './manifest-variables.ts';
import { readManifest } from './read-manifest.ts';

export interface LoadManifestOptions {
  readonly directory: string;
  /** The file that `-f` names; else `manifest.yml` or `manifest.yaml`, when there is one. */
  readonly file: string | undefined;
  /** `key=value`; these win over the files. */
  readonly variables: readonly string[];
  readonly variableFiles: readonly string[];
}

export interface Manifest {
  readonly file: string;
  readonly apps: readonly ManifestApp[];
}

/** @throws SprueError `MANIFEST_INVALID`, `MANIFEST_VARIABLE_MISSING`, `PUSH_PATH_INVALID` */
export async function loadManifest(options: LoadManifestOptions): Promise<Manifest | undefined> {
  const { directory, file } = options;
  const candidates =
    file === undefined
      ? [join(directory, 'manifest.yml'), join(directory, 'manifest.yaml')]
      : [file];
  for (const candidate of candidates) {
    const text = await readText(candidate, file === undefined);
    if (text === undefined) continue;
    const apps = readManifest(text, candidate, await loadVariables(options));
    return { file: candidate, apps };
  }
  return undefined;
}

async function loadVariables(options: LoadManifestOptions): Promise<ManifestVariables> {
  let variables: ManifestVariables = {};
  for (const file of options.variableFiles) {
    const text = await readText(file, false);
    variables = { ...variables, ...parseVariablesFile(text ?? '', file) };
  }
  return { ...variables, ...parseVariables(options.variables) };
}

async function readText(file: string, mayBeMissing: boolean): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    if (mayBeMissing && (cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw pathInvalid(file, fileReason(cause), cause);
  }
}
