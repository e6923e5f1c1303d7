import type { Bus } from '../bus/bus.ts';
import type { EventStream } from '../bus/event-stream.ts';
import type { ObjectBucket } from '../bus/object-bucket.ts';
import type { Clock } from '../core/clock.ts';
import type { Guid } from '../core/ids.ts';
import type { Log } from '../core/log.ts';
import type { FloatingIp } from '../proto/edge.ts';
import type { Unplaced } from './reconcile/diff.ts';
import type { AppLog } from './store/app-log.ts';
import type { AuditLog } from './store/audit-log.ts';
import type { CachedBucket } from './store/cached-bucket.ts';
import type { EdgeRegistry } from './store/edge-registry.ts';
import type { FleetView } from './store/fleet-view.ts';
import type { ResourceStore } from './store/resource-store.ts';
import type { RouterRegistry } from './store/router-registry.ts';
import type { UsageReader } from './store/usage-reader.ts';
import type { TraceBoard } from './traces/trace-board.ts';

/** What stays the same for as long as the controller runs. */
export interface ControllerConfig {
  /** The platform's own domain; routes below it need no further set-up. */
  readonly domain: string;
  /** `api.<domain>`: never given to an app. */
  readonly apiHost: string;
  /** The API's URL as apps and people see it, without a slash at the end. */
  readonly apiUrl: string;
  readonly uploadDir: string;
  readonly maxUploadBytes: number;
}

/** Everything that actions and handlers work with. Made once, by `controller.ts`. */
export interface Services {
  readonly config: ControllerConfig;
  readonly store: ResourceStore;
  readonly fleet: FleetView;
  readonly packages: ObjectBucket;
  readonly droplets: ObjectBucket;
  readonly logs: EventStream;
  readonly appLog: AppLog;
  readonly audit: AuditLog;
  readonly usage: UsageReader;
  readonly routers: RouterRegistry;
  readonly edges: EdgeRegistry;
  readonly floatingIps: CachedBucket<FloatingIp>;
  readonly traces: TraceBoard;
  /** Instances that no host can take, by app. */
  readonly unplaced: ReadonlyMap<Guid, readonly Unplaced[]>;
  readonly bus: Bus;
  /** Aborts when the controller stops. */
  readonly stopping: AbortSignal;
  readonly clock: Clock;
  readonly log: Log;
  /**
   * Runs one change of an app (or build) at a time, so that a reconcile pass never sees half of it.
   * Not reentrant: handlers take it, actions run inside.
   */
  exclusive<T>(guid: Guid, action: () => Promise<T>): Promise<T>;
  /** Compares an app with what runs, very soon. */
  reconcile(appGuid: Guid): void;
}

/** Who asked for something; the platform itself acts as `SYSTEM`. */
export interface Actor {
  readonly guid: string;
  readonly name: string;
  readonly type: 'user' | 'system';
}

export const SYSTEM: Actor = { guid: '', name: 'sprue', type: 'system' };
