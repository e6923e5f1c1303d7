import { SprueError } from '../../core/errors.ts';
import type { Guid } from '../../core/ids.ts';
import type { HealthCheck } from '../../proto/desired-instance.ts';
import { DEFAULTS } from './limits.ts';
import type {
  AppRecord,
  DropletRecord,
  ProcessRecord,
  ProcessSettings,
  ProcessVersion,
  RouteRecord,
} from './records.ts';
import { type VcapContext, vcapApplication } from './vcap-application.ts';

export interface VersionContext extends Omit<VcapContext, 'uris' | 'process'> {
  readonly process: ProcessRecord;
  readonly droplet: DropletRecord;
  readonly routes: readonly RouteRecord[];
}

/**
 * Freezes what an instance started now would run.
 * @throws SprueError `PROCESS_WITHOUT_COMMAND`
 */
export function freezeVersion(context: VersionContext): ProcessVersion {
  const { app, process, droplet, routes, versionGuid } = context;
  const startCommand = process.settings.command ?? droplet.processTypes[process.type];
  if (startCommand === undefined || startCommand.trim() === '') {
    throw new SprueError('PROCESS_WITHOUT_COMMAND', { type: process.type, app: app.name });
  }
  const appPort = portOf(app, process, routes);
  const uris = urisOf(process, appPort, routes);
  return {
    guid: versionGuid,
    dropletGuid: droplet.guid,
    startCommand,
    env: { VCAP_SERVICES: '{}', ...app.env },
    vcapApplication: vcapApplication({ ...context, process, uris }),
    appPort,
    settings: process.settings,
  };
}

/** The port a process is told to listen on: the first that a route asks for. */
function portOf(
  app: AppRecord,
  process: Pick<ProcessRecord, 'type'>,
  routes: readonly RouteRecord[],
): number {
  for (const route of routes) {
    for (const { appGuid, processType, port } of route.destinations) {
      if (appGuid === app.guid && processType === process.type && port !== null) return port;
    }
  }
  return DEFAULTS.appPort;
}

/** Routes that lead to a process, for `router.register`. A route to another port than the app's is left out. */
export function urisOf(
  process: Pick<ProcessRecord, 'appGuid' | 'type'>,
  appPort: number,
  routes: readonly RouteRecord[],
): string[] {
  const leadsHere = (route: RouteRecord) =>
    route.destinations.some(
      to =>
        to.appGuid === process.appGuid &&
        to.processType === process.type &&
        (to.port === null || to.port === appPort),
    );
  return routes
    .filter(leadsHere)
    .map(route => route.url)
    .sort();
}

/** The health check with the platform's defaults filled in. */
export function effectiveHealthCheck(settings: ProcessSettings): HealthCheck {
  const { type, endpoint, startTimeoutSec, invocationTimeoutSec } = settings.healthCheck;
  return {
    type,
    endpoint: endpoint ?? '/',
    startTimeoutSec: startTimeoutSec ?? DEFAULTS.startTimeoutSec,
    invocationTimeoutSec: invocationTimeoutSec ?? DEFAULTS.invocationTimeoutSec,
  };
}

/** Process types of a droplet that the app does not have yet. */
export function missingProcessTypes(
  droplet: DropletRecord,
  existing: readonly Pick<ProcessRecord, 'type'>[],
): string[] {
  const known = new Set(existing.map(process => process.type));
  return Object.keys(droplet.processTypes).filter(type => !known.has(type));
}

type HealthSettings = ProcessSettings['healthCheck'];

/** The settings that a manifest or a request changes; the rest stays. */
export interface SettingsChange {
  readonly command?: string | null | undefined;
  readonly memoryMib?: number | undefined;
  readonly diskMib?: number | undefined;
  readonly healthCheck?:
    | { readonly [K in keyof HealthSettings]?: HealthSettings[K] | undefined }
    | undefined;
}

export function changeSettings(before: ProcessSettings, change: SettingsChange): ProcessSettings {
  return {
    command: change.command === undefined ? before.command : change.command,
    memoryMib: change.memoryMib ?? before.memoryMib,
    diskMib: change.diskMib ?? before.diskMib,
    healthCheck: overlay(before.healthCheck, change.healthCheck ?? {}),
  };
}

/** `changes` over `before`, where a member that is `undefined` changes nothing. */
function overlay<T extends object>(
  before: T,
  changes: { readonly [K in keyof T]?: T[K] | undefined },
): T {
  const defined = Object.entries(changes).filter(([, value]) => value !== undefined);
  return { ...before, ...Object.fromEntries(defined) };
}

/** Versions by process guid, of the processes that have one. */
export function versionsOf(
  processes: readonly ProcessRecord[],
): Readonly<Record<Guid, ProcessVersion>> {
  return Object.fromEntries(
    processes.flatMap(process => (process.version ? [[process.guid, process.version]] : [])),
  );
}
