import type { Guid } from '../../core/ids.ts';
import type { HealthCheck } from '../../proto/desired-instance.ts';
import type { BuildState } from '../../proto/v3/build.ts';
import type { DeploymentFailure, DeploymentReason } from '../../proto/v3/deployment.ts';
import type { PackageState } from '../../proto/v3/package.ts';

/** What the controller remembers, one immutable value per resource, stored as JSON. */
interface Frame<K extends string> {
  readonly kind: K;
  readonly guid: Guid;
  readonly createdMs: number;
  readonly updatedMs: number;
  readonly labels: Labels;
  readonly annotations: Labels;
}

export type Labels = Readonly<Record<string, string>>;
export type Env = Readonly<Record<string, string>>;

export interface OrganizationRecord extends Frame<'organization'> {
  readonly name: string;
}

export interface SpaceRecord extends Frame<'space'> {
  readonly name: string;
  readonly organizationGuid: Guid;
}

export interface DomainRecord extends Frame<'domain'> {
  readonly name: string;
  readonly internal: boolean;
  /** Absent: shared by all organizations. */
  readonly organizationGuid?: Guid;
}

export interface AppRecord extends Frame<'app'> {
  readonly name: string;
  readonly spaceGuid: Guid;
  readonly state: 'STARTED' | 'STOPPED';
  readonly buildpacks: readonly string[];
  readonly env: Env;
  readonly currentDropletGuid?: Guid;
}

/** What a user may set on a process. `null` leaves the choice to the droplet or the platform. */
export interface ProcessSettings {
  readonly command: string | null;
  readonly memoryMib: number;
  readonly diskMib: number;
  readonly healthCheck: {
    readonly type: HealthCheck['type'];
    readonly endpoint: string | null;
    readonly startTimeoutSec: number | null;
    readonly invocationTimeoutSec: number | null;
  };
}

export interface ProcessRecord extends Frame<'process'> {
  readonly appGuid: Guid;
  readonly type: string;
  readonly instances: number;
  /** Bytes per second; −1 is unlimited. */
  readonly logRateLimit: number;
  readonly settings: ProcessSettings;
  /** What instances run, frozen at the last start or deployment. */
  readonly version?: ProcessVersion;
}

/** Everything that decides how an instance runs, frozen. Only the number of instances and the routes live outside. */
export interface ProcessVersion {
  readonly guid: Guid;
  readonly dropletGuid: Guid;
  readonly startCommand: string;
  readonly env: Env;
  readonly vcapApplication: Readonly<Record<string, unknown>>;
  readonly appPort: number;
  readonly settings: ProcessSettings;
}

export interface PackageRecord extends Frame<'package'> {
  readonly appGuid: Guid;
  readonly state: PackageState;
  readonly error?: string;
  /** Hexadecimal. */
  readonly sha256?: string;
}

export interface BuildRecord extends Frame<'build'> {
  readonly appGuid: Guid;
  readonly packageGuid: Guid;
  /** The droplet's guid, reserved when the build begins. */
  readonly dropletGuid: Guid;
  readonly deaId: string;
  readonly buildpacks: readonly string[];
  readonly memoryMib: number;
  readonly diskMib: number;
  readonly timeoutSec: number;
  readonly state: BuildState;
  readonly error?: string;
}

export interface DropletRecord extends Frame<'droplet'> {
  readonly appGuid: Guid;
  readonly sizeBytes: number;
  /** `SHA-256=…` in base64url, as the object store says it. */
  readonly digest: string;
  readonly processTypes: Readonly<Record<string, string>>;
  readonly buildpacks: readonly { readonly name: string; readonly detectOutput: string }[];
}

export interface RouteRecord extends Frame<'route'> {
  readonly spaceGuid: Guid;
  readonly domainGuid: Guid;
  readonly host: string;
  /** Empty, or begins with `/`. */
  readonly path: string;
  /** `host.domain/path`; a domain is never renamed. */
  readonly url: string;
  readonly destinations: readonly DestinationRecord[];
  readonly options: Labels;
}

export interface DestinationRecord {
  readonly guid: Guid;
  readonly appGuid: Guid;
  readonly processType: string;
  /** `null`: the app's own port. */
  readonly port: number | null;
  readonly protocol: 'http1' | 'http2';
}

/** An app's droplet and the frozen version of each of its processes, by process guid. */
export interface Release {
  readonly dropletGuid?: Guid;
  readonly versions: Readonly<Record<Guid, ProcessVersion>>;
}

export interface DeploymentRecord extends Frame<'deployment'> {
  readonly appGuid: Guid;
  readonly state: DeploymentReason;
  readonly stateSinceMs: number;
  readonly maxInFlight: number;
  readonly processes: readonly { readonly guid: Guid; readonly type: string }[];
  /** What should serve. */
  readonly target: Release;
  /** What served before, to go back to. */
  readonly previous: Release;
  readonly failure?: DeploymentFailure;
}

export interface Records {
  readonly organization: OrganizationRecord;
  readonly space: SpaceRecord;
  readonly domain: DomainRecord;
  readonly app: AppRecord;
  readonly process: ProcessRecord;
  readonly package: PackageRecord;
  readonly build: BuildRecord;
  readonly droplet: DropletRecord;
  readonly route: RouteRecord;
  readonly deployment: DeploymentRecord;
}

export type Kind = keyof Records;
export type AnyRecord = Records[Kind];

/** Names of the kinds in answers: `App not found`. Their order is the order of ownership. */
export const KIND_NAMES = {
  organization: 'Organization',
  space: 'Space',
  domain: 'Domain',
  app: 'App',
  process: 'Process',
  package: 'Package',
  build: 'Build',
  droplet: 'Droplet',
  route: 'Route',
  deployment: 'Deployment',
} as const satisfies Record<Kind, string>;

export const KINDS = Object.keys(KIND_NAMES) as readonly Kind[];

/** The resource that a record dies with, or `undefined` for those that stand alone. */
export function ownerOf(record: AnyRecord): { kind: Kind; guid: Guid } | undefined {
  switch (record.kind) {
    case 'organization':
      return undefined;
    case 'domain':
      return record.organizationGuid && { kind: 'organization', guid: record.organizationGuid };
    case 'space':
      return { kind: 'organization', guid: record.organizationGuid };
    case 'app':
    case 'route':
      return { kind: 'space', guid: record.spaceGuid };
    case 'process':
    case 'package':
    case 'build':
    case 'droplet':
    case 'deployment':
      return { kind: 'app', guid: record.appGuid };
    default:
      return record satisfies never;
  }
}

/** The members that every new record begins with. */
export function newFrame(guid: Guid, nowMs: number): Omit<Frame<never>, 'kind'> {
  return { guid, createdMs: nowMs, updatedMs: nowMs, labels: {}, annotations: {} };
}
