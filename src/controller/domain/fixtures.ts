import type { Guid } from '../../core/ids.ts';
import { defaultSettings } from './limits.ts';
import {
  type AppRecord,
  type DropletRecord,
  newFrame,
  type ProcessRecord,
  type ProcessVersion,
  type RouteRecord,
} from './records.ts';

/** Records for unit tests, with guids that can be read. */
export function guidOf(name: string): Guid {
  const hex = Buffer.from(name).toString('hex').slice(0, 12).padEnd(12, '0');
  return `00000000-0000-4000-8000-${hex}` as Guid;
}

export function anApp(change: Partial<AppRecord> = {}): AppRecord {
  return {
    kind: 'app',
    ...newFrame(guidOf('app'), 0),
    name: 'shop',
    spaceGuid: guidOf('space'),
    state: 'STARTED',
    buildpacks: [],
    env: {},
    ...change,
  };
}

export function aVersion(name: string, change: Partial<ProcessVersion> = {}): ProcessVersion {
  return {
    guid: guidOf(name),
    dropletGuid: guidOf('droplet'),
    startCommand: 'run',
    env: {},
    vcapApplication: {},
    appPort: 8080,
    settings: defaultSettings('web'),
    ...change,
  };
}

export function aProcess(change: Partial<ProcessRecord> = {}): ProcessRecord {
  const type = change.type ?? 'web';
  return {
    kind: 'process',
    ...newFrame(guidOf(type), 0),
    appGuid: guidOf('app'),
    type,
    instances: 1,
    logRateLimit: -1,
    settings: defaultSettings(type),
    ...change,
  };
}

export function aDroplet(change: Partial<DropletRecord> = {}): DropletRecord {
  return {
    kind: 'droplet',
    ...newFrame(guidOf('droplet'), 0),
    appGuid: guidOf('app'),
    sizeBytes: 1,
    digest: 'SHA-256=',
    processTypes: { web: 'node server.js' },
    buildpacks: [],
    ...change,
  };
}

export function aRoute(url: string, change: Partial<RouteRecord> = {}): RouteRecord {
  const destination = {
    guid: guidOf('destination'),
    appGuid: guidOf('app'),
    processType: 'web',
    port: null,
    protocol: 'http1',
  } as const;
  return {
    kind: 'route',
    ...newFrame(guidOf(url), 0),
    spaceGuid: guidOf('space'),
    domainGuid: guidOf('domain'),
    host: 'host',
    path: '',
    url,
    destinations: [destination],
    options: {},
    ...change,
  };
}
