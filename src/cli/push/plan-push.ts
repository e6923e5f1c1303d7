import { dirname, resolve } from 'node:path';
import { suggestion } from '../../core/did-you-mean.ts';
import { SprueError } from '../../core/errors.ts';
import { parseSizeBytes } from '../../core/size.ts';
import type { ManifestApp, ManifestProcess } from '../../proto/v3/manifest.ts';

export interface PushFlags {
  readonly path?: string;
  readonly instances?: number;
  readonly memory?: string;
  readonly disk?: string;
  /** `default` or `null`: the command that staging detects. */
  readonly command?: string;
  readonly buildpacks?: readonly string[];
  readonly healthCheckType?: 'port' | 'http' | 'process';
  readonly endpoint?: string;
  readonly timeoutSec?: number;
  readonly routes?: readonly string[];
  readonly noRoute?: boolean;
  readonly randomRoute?: boolean;
}

export interface PushInput {
  /** The app that was named, if any. */
  readonly name?: string;
  /** Directory that the command was called in, or was given instead of a name. */
  readonly directory: string;
  readonly manifest?: { readonly file: string; readonly apps: readonly ManifestApp[] };
  readonly flags: PushFlags;
}

/** One app to push. */
export interface AppPush {
  readonly name: string;
  /** Directory or zip file, absolute. */
  readonly sourcePath: string;
  /** What is sent to the API for it. */
  readonly manifest: ManifestApp;
}

/** Flags, manifest and defaults, put together. Pure. @throws SprueError `USAGE`, `MANIFEST_INVALID` */
export function planPush(input: PushInput): readonly AppPush[] {
  checkFlags(input.flags);
  const apps = selectApps(input);
  if (apps.length > 1 && Object.values(input.flags).some(value => value !== undefined)) {
    const reason = 'The manifest has several apps: name the one that the options are meant for';
    throw new SprueError('USAGE', { reason, command: 'push' });
  }
  return apps.map(app => {
    checkName(app.name);
    const manifest = withDefaultRoute(withFlags(app, input.flags));
    return { name: app.name, sourcePath: sourcePath(app, input), manifest };
  });
}

function selectApps(input: PushInput): readonly ManifestApp[] {
  const { name, manifest, flags } = input;
  if (manifest === undefined) {
    return [{ name: name ?? nameOfSource(flags.path ?? input.directory) }];
  }
  if (name === undefined) return manifest.apps;
  const named = manifest.apps.find(app => app.name === name);
  if (named) return [named];
  const [only, ...others] = manifest.apps;
  if (only && others.length === 0) return [{ ...only, name }];
  const hint = suggestion(
    name,
    manifest.apps.map(app => app.name),
  );
  const reason = `${manifest.file} has no app “${name}”.${hint}`.replace(/[.?]$/, '');
  throw new SprueError('USAGE', { reason, command: 'push' });
}

/** The name of a directory or archive, made fit for a host name. */
export function nameOfSource(path: string): string {
  const base =
    resolve(path)
      .split('/')
      .at(-1)
      ?.replace(/\.(zip|jar|war)$/i, '') ?? '';
  const name = base
    .normalize('NFKD')
    .replace(/\p{Mark}+/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+|-+$/g, '');
  if (name !== '') return name;
  const reason = `The directory ${path} gives no name for an app: name it`;
  throw new SprueError('USAGE', { reason, command: 'push' });
}

function sourcePath(app: ManifestApp, { flags, manifest, directory }: PushInput): string {
  if (flags.path !== undefined) return resolve(flags.path);
  if (manifest === undefined) return resolve(directory);
  return resolve(dirname(manifest.file), app.path ?? '.');
}

function withFlags(app: ManifestApp, flags: PushFlags): ManifestApp {
  const { path: _, ...rest } = app;
  const process = definedOnly({
    instances: flags.instances,
    memory: flags.memory,
    disk_quota: flags.disk,
    command: flags.command === undefined ? undefined : unlessDefault(flags.command),
    health_check_type: flags.healthCheckType,
    health_check_http_endpoint: flags.endpoint,
    timeout: flags.timeoutSec,
  });
  const routed = withRouteFlags({ ...rest, ...buildpacksOf(flags) }, flags);
  const web = routed.processes?.find(({ type }) => type === 'web');
  if (web === undefined) return { ...routed, ...process };
  const merged: ManifestProcess = { ...web, ...process };
  return {
    ...routed,
    processes: (routed.processes ?? []).map(item => (item === web ? merged : item)),
  };
}

function withRouteFlags(app: ManifestApp, flags: PushFlags): ManifestApp {
  const { routes, no_route, random_route, default_route, ...rest } = app;
  if (flags.noRoute) return { ...rest, no_route: true };
  if (flags.randomRoute) return { ...rest, random_route: true };
  if (flags.routes) return { ...rest, routes: flags.routes.map(route => ({ route })) };
  return app;
}

function buildpacksOf(flags: PushFlags): { readonly buildpacks?: string[] } {
  if (flags.buildpacks === undefined) return {};
  return { buildpacks: flags.buildpacks.filter(name => unlessDefault(name) !== null) };
}

/** As `cf` does: the server makes the default route only when the app has none. */
function withDefaultRoute(app: ManifestApp): ManifestApp {
  const decided = app.no_route === true || app.random_route === true;
  return decided ? app : { ...app, default_route: true };
}

function unlessDefault(text: string): string | null {
  return text === 'default' || text === 'null' ? null : text;
}

function checkFlags(flags: PushFlags): void {
  const exclusive = [flags.noRoute, flags.randomRoute, flags.routes].filter(Boolean);
  if (exclusive.length > 1) {
    const reason = '--route, --random-route and --no-route exclude each other';
    throw new SprueError('USAGE', { reason, command: 'push' });
  }
  if (flags.endpoint !== undefined && !flags.endpoint.startsWith('/')) {
    const reason = `“${flags.endpoint}” is not a path such as /health (--endpoint)`;
    throw new SprueError('USAGE', { reason, command: 'push' });
  }
  for (const size of [flags.memory, flags.disk]) if (size !== undefined) parseSizeBytes(size);
}

function checkName(name: unknown): void {
  if (typeof name === 'string' && /^\S(.{0,253}\S)?$/u.test(name) && !/\p{Cc}/u.test(name)) return;
  const reason = `“${String(name)}” is no name for an app: 1 to 255 characters on one line, without spaces around them`;
  throw new SprueError('USAGE', { reason, command: 'push' });
}

function definedOnly<T extends object>(
  fields: T,
): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  const kept = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as { [Key in keyof T]?: Exclude<T[Key], undefined> };
}
