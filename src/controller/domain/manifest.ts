import { parse, YAMLParseError } from 'yaml';
import type { z } from 'zod';
import { suggestion } from '../../core/did-you-mean.ts';
import { reasonOf, SprueError } from '../../core/errors.ts';
import {
  type ManifestApp,
  manifestAppSchema,
  manifestProcessSchema,
} from '../../proto/v3/manifest.ts';

/** The limit of a request's body bounds the text only: a few nested aliases could stand for gigabytes. */
const MAX_ALIASES = 100;
/** One request may not keep the platform busy for minutes, long after its client has gone. */
const MAX_APPS = 500;

/**
 * Reads a manifest as the client sends it, variables already filled in. Keys may be written with `-`
 * or `_`. All apps are checked before anything is reported.
 * @throws AggregateError of SprueErrors `MANIFEST_INVALID`, one for each mistake
 */
export function parseManifest(yaml: string): readonly ManifestApp[] {
  const apps = applicationsOf(readYaml(yaml));
  const problems: SprueError[] = [];
  const parsed = apps.map((app, position) => parseApp(app, position, problems));
  const names = parsed.map(app => app?.name);
  names.forEach((name, position) => {
    if (name !== undefined && names.indexOf(name) !== position) {
      problems.push(invalid(whereOf(name, position), 'the name appears twice in the manifest'));
    }
  });
  if (problems.length > 0) throw new AggregateError(problems, 'the manifest is invalid');
  return parsed.filter(app => app !== undefined);
}

function readYaml(yaml: string): unknown {
  try {
    // YAML 1.1, as the official client reads manifests: `yes` and `on` are booleans.
    return parse(yaml, { version: '1.1', maxAliasCount: MAX_ALIASES, merge: true });
  } catch (thrown) {
    const reason = thrown instanceof YAMLParseError ? thrown.message.split('\n')[0] : undefined;
    throw invalidManifest(
      `it is not valid YAML (${reason?.replace(/:$/, '') ?? reasonOf(thrown)})`,
    );
  }
}

function applicationsOf(document: unknown): readonly unknown[] {
  if (!isMapping(document)) throw invalidManifest('it must be a mapping with “applications”');
  const { version, applications, ...unknown } = document;
  if (version !== undefined && version !== 1) throw invalidManifest('“version” must be 1');
  const [stray] = Object.keys(unknown);
  if (stray !== undefined) {
    throw invalidManifest(
      `it has an unknown key “${stray}”`,
      suggestion(stray, ['applications', 'version']),
    );
  }
  if (!Array.isArray(applications) || applications.length === 0) {
    throw invalidManifest('“applications” must be a list with at least one app');
  }
  if (applications.length > MAX_APPS) {
    throw invalidManifest(`it has ${applications.length} apps, more than ${MAX_APPS}`);
  }
  return applications;
}

function parseApp(app: unknown, position: number, problems: SprueError[]): ManifestApp | undefined {
  const name = isMapping(app) && typeof app['name'] === 'string' ? app['name'] : undefined;
  const where = whereOf(name, position);
  const result = manifestAppSchema.safeParse(normalise(app));
  if (!result.success) {
    for (const issue of result.error.issues) problems.push(describe(where, issue));
    return undefined;
  }
  for (const reason of contradictions(result.data)) problems.push(invalid(where, reason));
  return result.data;
}

/** What the schema cannot say. */
function contradictions(app: ManifestApp): string[] {
  const found: string[] = [];
  if (app.random_route && app.default_route) {
    found.push('“random-route” and “default-route” cannot be used together');
  }
  if (app.buildpack != null && app.buildpacks !== undefined) {
    found.push('“buildpack” and “buildpacks” cannot be used together');
  }
  if (app.docker !== undefined || (app.lifecycle ?? 'buildpack') !== 'buildpack') {
    found.push('Sprue runs apps from source; images and other lifecycles are not offered');
  }
  if ((app.services ?? []).length > 0) found.push('services are not offered');
  if ((app.sidecars ?? []).length > 0) found.push('sidecars are not offered');
  const types = (app.processes ?? []).map(process => process.type);
  const twice = types.find((type, position) => types.indexOf(type) !== position);
  if (twice !== undefined) found.push(`the process type “${twice}” appears twice`);
  return found;
}

function describe(where: string, issue: z.core.$ZodIssue): SprueError {
  const path = issue.path.map(String).join('.').replaceAll('_', '-');
  const at = path === '' ? '' : `“${path}”: `;
  if (issue.code !== 'unrecognized_keys') return invalid(where, `${at}${issue.message}`);
  const known = issue.path[0] === 'processes' ? PROCESS_KEYS : APP_KEYS;
  const [key = ''] = issue.keys;
  const shown = key.replaceAll('_', '-');
  return invalid(where, `${at}unknown key “${shown}”`, suggestion(shown, known));
}

const APP_KEYS = Object.keys(manifestAppSchema.shape).map(key => key.replaceAll('_', '-'));
const PROCESS_KEYS = Object.keys(manifestProcessSchema.shape).map(key => key.replaceAll('_', '-'));

/** `disk-quota` → `disk_quota`, in the app and in its processes; names inside `env` and the like stay. */
function normalise(app: unknown): unknown {
  if (!isMapping(app)) return app;
  const plain = underscored(app);
  const processes = plain['processes'];
  if (!Array.isArray(processes)) return plain;
  const items = processes.map(item => (isMapping(item) ? underscored(item) : item));
  return { ...plain, processes: items };
}

function underscored(mapping: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(mapping).map(([key, value]) => [key.replaceAll('-', '_'), value]),
  );
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function whereOf(name: string | undefined, position: number): string {
  return name === undefined ? `For application at index ${position}` : `For application '${name}'`;
}

function invalid(where: string, reason: string, hint = ''): SprueError {
  return new SprueError('MANIFEST_INVALID', { where, reason, suggestion: hint });
}

function invalidManifest(reason: string, hint = ''): SprueError {
  return invalid('The manifest cannot be used', reason, hint);
}
