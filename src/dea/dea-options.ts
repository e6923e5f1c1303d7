import type { Bus } from '../bus/bus.ts';
import type { Ipv4 } from '../core/address.ts';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { HostNetwork } from '../hostnet/host-network.ts';
import type { Warden } from '../warden/warden.ts';
import { HEALTH_TIMINGS } from './health/health-monitor.ts';
import type { ContainerDefaults, InstanceTimings } from './instance/instance-host.ts';
import type { TaskStager } from './staging-runner.ts';

export interface DeaOptions {
  /** Stays the same for as long as the state directory lives. */
  readonly deaId: string;
  /** Address of this host that endpoints carry. */
  readonly address: Ipv4;
  /** The platform's state directory; the DEA keeps everything in `dea/` below it. */
  readonly stateDir: string;
  readonly bus: Bus;
  /** Set up already. */
  readonly hostnet: HostNetwork;
  readonly warden: Warden;
  /** What instances may use in all. */
  readonly capacity: { readonly memoryMib: number; readonly diskMib: number };
  /** Mounts (Node, npm) and name servers of every container, and how many processes it may have. */
  readonly container: ContainerDefaults;
  /** Shown to the controller. */
  readonly version: string;
  readonly log: Log;
  readonly clock?: Clock;
  readonly timings?: Partial<InstanceTimings>;
  /** Default: builds run in containers of this host. */
  readonly stager?: TaskStager;
  /** Ends the wait for NATS at the start. */
  readonly signal?: AbortSignal;
}

export const TIMINGS: InstanceTimings = {
  ...HEALTH_TIMINGS,
  drainMs: 1_000,
  stopGraceMs: 10_000,
  listenSuspicionMs: 3_000,
  routeRetryMs: 1_000,
};
