import { randomInt } from 'node:crypto';
import { SprueError } from '../../core/errors.ts';
import type { ManifestApp } from '../../proto/v3/manifest.ts';
import { mergeMetadata } from '../domain/labels.ts';
import { checkFitsSomeHost } from '../domain/limits.ts';
import { parseManifest } from '../domain/manifest.ts';
import { type WantedProcess, wantedProcesses } from '../domain/manifest-process.ts';
import { checkName, checkProcessType, checkVariable, hostLabelFor } from '../domain/names.ts';
import type { AppRecord, DomainRecord, RouteRecord, SpaceRecord } from '../domain/records.ts';
import { routeUrl, splitRoute } from '../domain/route-address.ts';
import type { Actor, Services } from '../services.ts';
import { createApp, mergeEnv } from './apps.ts';
import { updateProcess } from './processes.ts';
import { createProcess } from './release.ts';
import {
  checkNotReserved,
  checkSameSpace,
  createRoute,
  findRoute,
  mapRoute,
  unmapRoute,
} from './routes.ts';

/**
 * Makes the apps of a space what a manifest says. Additive: what the manifest does not name stays.
 * Everything that can be checked is checked for all apps before anything changes.
 * @throws AggregateError of SprueErrors: the manifest's mistakes
 */
export async function applyManifest(
  services: Services,
  actor: Actor,
  space: SpaceRecord,
  yaml: string,
): Promise<readonly AppRecord[]> {
  const manifests = parseManifest(yaml);
  const problems = manifests.flatMap(manifest => checkApp(services, space, manifest));
  if (problems.length > 0) throw new AggregateError(problems, 'the manifest cannot be applied');
  const apps: AppRecord[] = [];
  for (const manifest of manifests) {
    const app = await findOrCreate(services, actor, space, manifest);
    await services.exclusive(app.guid, () => applyToApp(services, actor, app, manifest));
    apps.push(services.store.get('app', app.guid));
  }
  return apps;
}

/** The mistakes that one app's manifest would make, found without changing anything. */
function checkApp(services: Services, space: SpaceRecord, manifest: ManifestApp): SprueError[] {
  const checks: (() => void)[] = [
    () => checkName(manifest.name, 'an app'),
    () => checkProcesses(services, manifest),
    ...Object.entries(manifest.env ?? {}).map(
      ([name, value]) =>
        () =>
          checkVariable(name, String(value ?? '')),
    ),
    ...routesWanted(manifest).map(
      ({ route }) =>
        () =>
          checkRoute(services, space, route),
    ),
  ];
  return checks.flatMap(check => {
    try {
      check();
      return [];
    } catch (thrown) {
      if (!(thrown instanceof SprueError)) throw thrown;
      return [inApp(manifest.name, thrown)];
    }
  });
}

/** The error with Cloud Foundry's prefix, under its own code when it has nothing to add. */
function inApp(name: string, error: SprueError): SprueError {
  if (error.code === 'MANIFEST_INVALID') return error;
  const reason = [error.message.replace(/\.$/, ''), error.next.replace(/\.$/, '')];
  return new SprueError('MANIFEST_INVALID', {
    where: `For application '${name}'`,
    reason: reason.filter(text => text !== '').join('. '),
    suggestion: '',
  });
}

function checkProcesses({ fleet }: Services, manifest: ManifestApp): void {
  for (const { type, settings } of wantedProcesses(manifest)) {
    checkProcessType(type);
    if (settings.memoryMib !== undefined) checkFitsSomeHost(settings.memoryMib, fleet.deas.live());
  }
}

function checkRoute(services: Services, space: SpaceRecord, route: string): void {
  const { store, config } = services;
  const { host, path, domain } = splitRoute(route, usableDomains(services));
  const url = routeUrl({ host, path }, domain.name);
  checkNotReserved(config, url);
  const existing = findRoute(services, url);
  if (existing !== undefined && existing.spaceGuid !== space.guid) {
    const owner = store.get('space', existing.spaceGuid).name;
    throw new SprueError('ROUTE_OTHER_SPACE', { url, space: owner });
  }
}

function routesWanted(manifest: ManifestApp): NonNullable<ManifestApp['routes']> {
  return manifest.no_route ? [] : (manifest.routes ?? []);
}

function usableDomains({ store }: Services): DomainRecord[] {
  return store.all('domain').filter(domain => !domain.internal);
}

async function findOrCreate(
  services: Services,
  actor: Actor,
  space: SpaceRecord,
  { name }: ManifestApp,
): Promise<AppRecord> {
  const existing = services.store
    .ownedBy('app', space.guid)
    .find(app => app.name.toLowerCase() === name.toLowerCase());
  return existing ?? createApp(services, actor, { name, space });
}

async function applyToApp(
  services: Services,
  actor: Actor,
  app: AppRecord,
  manifest: ManifestApp,
): Promise<void> {
  for (const wanted of wantedProcesses(manifest)) await applyProcess(services, actor, app, wanted);
  const updated = await applyOwnMembers(services, app, manifest);
  await applyRoutes(services, actor, updated, manifest);
  services.appLog.write(app.guid, `Updated app with guid ${app.guid} (manifest applied)`);
  services.audit.about(updated, 'audit.app.apply_manifest', actor, {});
  services.reconcile(app.guid);
}

async function applyProcess(
  services: Services,
  actor: Actor,
  app: AppRecord,
  wanted: WantedProcess,
): Promise<void> {
  const { store } = services;
  const process =
    store.ownedBy('process', app.guid).find(one => one.type === wanted.type) ??
    (await createProcess(services, app, wanted.type));
  await updateProcess(services, actor, process, wanted.settings);
  if (wanted.instances === undefined && wanted.logRateLimit === undefined) return;
  await store.modify('process', process.guid, before => ({
    ...before,
    instances: wanted.instances ?? before.instances,
    logRateLimit: wanted.logRateLimit ?? before.logRateLimit,
  }));
}

function applyOwnMembers(
  { store }: Services,
  app: AppRecord,
  manifest: ManifestApp,
): Promise<AppRecord> {
  const buildpacks = buildpacksOf(manifest);
  // `K: null` becomes an empty string, as in Cloud Foundry; it does not remove the variable.
  const env = Object.fromEntries(
    Object.entries(manifest.env ?? {}).map(([name, value]) => [name, String(value ?? '')]),
  );
  return store.modify('app', app.guid, before => ({
    ...before,
    ...(buildpacks && { buildpacks }),
    env: mergeEnv(before.env, env),
    ...mergeMetadata(before, manifest.metadata),
  }));
}

function buildpacksOf({ buildpack, buildpacks }: ManifestApp): readonly string[] | undefined {
  const given = buildpacks ?? (buildpack === undefined ? undefined : [buildpack ?? 'default']);
  if (given === undefined) return undefined;
  return given.filter(name => name !== 'default' && name !== 'null');
}

async function applyRoutes(
  services: Services,
  actor: Actor,
  app: AppRecord,
  manifest: ManifestApp,
): Promise<void> {
  const mapped = services.store.routesOf(app.guid);
  if (manifest.no_route) {
    for (const route of mapped) {
      await unmapRoute(services, actor, route, to => to.appGuid === app.guid);
    }
    return;
  }
  for (const { route, protocol } of routesWanted(manifest)) {
    await mapTo(services, actor, app, route, protocol);
  }
  if (mapped.length > 0 || manifest.routes !== undefined) return;
  const wantsOne = manifest.random_route || manifest.default_route;
  if (wantsOne) await mapTo(services, actor, app, generatedRoute(services, app, manifest));
}

/** `<app>.<default domain>`, or `<app>-<word>-<word>.<default domain>` for a random route. */
function generatedRoute({ config }: Services, app: AppRecord, manifest: ManifestApp): string {
  const label = hostLabelFor(app.name);
  if (label === '') {
    const reason = 'nothing of it is allowed in a host name; give the app a route of its own';
    throw new SprueError('NAME_INVALID', { name: app.name, what: 'a default route', reason });
  }
  if (!manifest.random_route) return `${label}.${config.domain}`;
  const suffix = `${pick(ADJECTIVES)}-${pick(NOUNS)}-${randomInt(36 ** 2).toString(36)}`;
  const host = `${label.slice(0, 62 - suffix.length)}-${suffix}`;
  return `${host}.${config.domain}`;
}

const ADJECTIVES = ['bold', 'calm', 'eager', 'fair', 'keen', 'lucky', 'quick', 'wise'] as const;
const NOUNS = ['badger', 'crane', 'falcon', 'heron', 'lynx', 'otter', 'raven', 'wolf'] as const;

function pick(words: readonly string[]): string {
  return words[randomInt(words.length)] ?? '';
}

async function mapTo(
  services: Services,
  actor: Actor,
  app: AppRecord,
  route: string,
  protocol: 'http1' | 'http2' = 'http1',
): Promise<RouteRecord> {
  const { store } = services;
  const { host, path, domain } = splitRoute(route, usableDomains(services));
  const space = store.get('space', app.spaceGuid);
  const existing = findRoute(services, routeUrl({ host, path }, domain.name));
  if (existing !== undefined) checkSameSpace(store.get('space', existing.spaceGuid), existing, app);
  const target = existing ?? (await createRoute(services, actor, { host, path, domain, space }));
  return mapRoute(services, actor, target, [{ app, processType: 'web', port: null, protocol }]);
}
