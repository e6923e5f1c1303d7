import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../core/log.ts';
import type { HostNetwork } from '../../hostnet/host-network.ts';
import type { ActualInstance } from '../../proto/actual-instance.ts';
import type { ContainerMount, Warden } from '../../warden/warden.ts';
import type { DropletCache } from '../droplet/droplet-cache.ts';
import type { HealthTimings } from '../health/health-monitor.ts';
import type { ListeningSocket } from '../health/listen-verdict.ts';
import type { KeyedWriter } from '../keyed-writer.ts';
import type { InstanceLogs } from '../logs/instance-logs.ts';
import type { RouteAnnouncer } from '../routes/route-announcer.ts';
import type { InstanceRecords } from './instance-record.ts';
import type { Slots } from './slots.ts';

export interface InstanceTimings extends HealthTimings {
  /** Requests that a router sent before it confirmed the unregister get this long. */
  readonly drainMs: number;
  /** From SIGTERM to SIGKILL. */
  readonly stopGraceMs: number;
  /** A wrong way to listen is reported when it was seen for this long. */
  readonly listenSuspicionMs: number;
  /** Until the next try when routers did not confirm. */
  readonly routeRetryMs: number;
}

/** What every container gets, whatever runs in it. */
export interface ContainerDefaults {
  readonly mounts: readonly ContainerMount[];
  readonly nameservers: readonly string[];
  readonly pids: number;
}

/** All that an instance needs of the host that it runs on. */
export interface InstanceHost {
  readonly deaId: string;
  readonly hostnet: HostNetwork;
  readonly warden: Warden;
  readonly droplets: Pick<DropletCache, 'get' | 'evict'>;
  readonly routes: Pick<RouteAnnouncer, 'announce' | 'withdraw'>;
  readonly logs: Pick<InstanceLogs, 'say' | 'follow' | 'finish' | 'lastLines'>;
  readonly records: Pick<InstanceRecords, 'save' | 'remove'>;
  readonly actual: Pick<KeyedWriter<ActualInstance>, 'put' | 'delete'>;
  /** What listens in the network namespace of a process. */
  readonly listening: (pid: number) => Promise<readonly ListeningSocket[]>;
  /** Bounds how many containers are made or destroyed at once. */
  readonly slots: Slots;
  readonly container: ContainerDefaults;
  readonly timings: InstanceTimings;
  readonly clock: Clock;
  readonly log: Log;
}
