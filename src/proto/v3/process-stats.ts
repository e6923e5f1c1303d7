import type { ListenProblem } from '../actual-instance.ts';

/** `GET /v3/processes/:guid/stats` */
export interface ProcessStats {
  readonly resources: readonly InstanceStats[];
}

export const STATS_STATES = ['RUNNING', 'STARTING', 'STOPPING', 'CRASHED', 'DOWN'] as const;
export type StatsState = (typeof STATS_STATES)[number];

/** One instance. A stopped app lists its desired instances as DOWN. */
export interface InstanceStats {
  readonly type: string;
  readonly index: number;
  readonly state: StatsState;
  readonly routable: boolean | null;
  /** Empty unless RUNNING. */
  readonly usage:
    | {
        readonly time: string;
        /** Fraction of one core. */
        readonly cpu: number;
        readonly cpu_entitlement: number | null;
        /** Bytes. */
        readonly mem: number;
        /** Bytes. */
        readonly disk: number;
        readonly log_rate: number;
      }
    | Readonly<Record<string, never>>;
  /** Address of the DEA host. */
  readonly host: string | null;
  readonly instance_internal_ip: string | null;
  readonly instance_ports: readonly { readonly external: number; readonly internal: number }[];
  /** Seconds in the present state. */
  readonly uptime: number;
  /** Bytes. */
  readonly mem_quota: number;
  /** Bytes. */
  readonly disk_quota: number;
  readonly log_rate_limit: number;
  readonly fds_quota: number;
  readonly isolation_segment: string | null;
  /** Why it is not running, for people. */
  readonly details: string | null;
  /** Sprue's addition. */
  readonly sprue: InstanceExtension;
}

/** What Sprue knows beyond Cloud Foundry's stats. */
export interface InstanceExtension {
  /** This run; absent when nothing runs or ran. */
  readonly instance_guid: string | null;
  readonly dea: string | null;
  readonly version: string | null;
  /** The version that a start or deployment asked for runs here. */
  readonly current: boolean;
  readonly network: InstanceNetwork | null;
  /** Why it is on this host; absent when nothing is placed. */
  readonly placement: InstancePlacement | null;
  readonly crash: InstanceCrash | null;
  readonly listen_problem: ListenProblem | null;
}

export interface InstancePlacement {
  readonly dea: string;
  /** A few words: the rule that decided. */
  readonly because: string;
  /** Hosts that had room at that moment, the chosen one first. */
  readonly hosts: readonly {
    readonly dea: string;
    readonly free_mib: number;
    /** Instances of the same process that were there. */
    readonly siblings: number;
  }[];
}

/** The addresses of the last hops: host port → NAT → veth → container. */
export interface InstanceNetwork {
  readonly host: string;
  readonly host_port: number;
  readonly veth: string;
  readonly container_ip: string;
  readonly container_port: number;
}

export interface InstanceCrash {
  readonly count: number;
  readonly at: string;
  readonly reason: string;
  readonly exit_status: number | null;
  readonly last_lines: readonly string[];
  readonly next_start_at: string | null;
}
