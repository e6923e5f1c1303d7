import type { InstanceId } from '../core/ids.ts';

export interface ContainerMount {
  /** Absolute path on the host. */
  readonly source: string;
  /** Absolute path inside. */
  readonly destination: string;
  readonly readOnly: boolean;
}

export interface ContainerSpec {
  readonly instanceId: InstanceId;
  /** The prepared network namespace that the container joins. */
  readonly netnsPath: string;
  readonly hostname: string;
  /** Argument vector; runs as `vcap` in `cwd`. */
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly memoryMib: number;
  readonly diskMib: number;
  readonly pids: number;
  /** Address that `/etc/hosts` gives to the container's hostname. */
  readonly containerIp: string;
  /** Name servers for `/etc/resolv.conf`. */
  readonly nameservers: readonly string[];
  readonly mounts: readonly ContainerMount[];
}

export type ContainerState = 'created' | 'running' | 'exited';

export interface ContainerInfo {
  readonly instanceId: InstanceId;
  readonly state: ContainerState;
  /** Of the container's first process, on the host; 0 when it has ended. */
  readonly pid: number;
}

export interface ExitStatus {
  /** Exit code, or 128 + signal number; 255 also when nobody saw it (machine restarted, conmon killed). */
  readonly code: number;
  /** The kernel killed a process of the container for want of memory, and the code is not 0. */
  readonly outOfMemory: boolean;
}

export interface ContainerUsage {
  /** CPU time used so far, nanoseconds. */
  readonly cpuNs: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
}

/** Containers of this host. Every method is idempotent and survives a restart of the agent. */
export interface Warden {
  /**
   * Makes the container's folders: root file system and an empty `/home/vcap`.
   * @returns the host's path of the container's `/home/vcap`, to be filled before {@link Warden.start}.
   */
  create(spec: ContainerSpec): Promise<{ readonly homePath: string }>;
  /**
   * Gives a path in the container's home and all below it to `vcap`. Call it after filling it and
   * before {@link Warden.start}; later the app could exchange a folder for a link meanwhile.
   * @throws SprueError `PATH_OUTSIDE_CONTAINER` for another path, or when the container was started.
   */
  own(instanceId: InstanceId, hostPath: string): Promise<void>;
  /**
   * Starts the process of a created container, under conmon. Resolves when it runs.
   * @throws SprueError `CONTAINER_MISSING`; `CONTAINER_START_FAILED` with the runtime's reason, also when it has ended before.
   */
  start(instanceId: InstanceId): Promise<{ readonly pid: number }>;
  /**
   * Sends a signal to every process of the container; after SIGKILL all have ended. SIGTERM also
   * ends a first process without a handler, once the others have ended. Ended is success.
   */
  signal(instanceId: InstanceId, signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /**
   * Resolves when the container's first process has ended, also when it had ended before or is destroyed.
   * @throws SprueError `CONTAINER_MISSING`; the signal's reason when aborted.
   */
  waitForExit(instanceId: InstanceId, signal: AbortSignal): Promise<ExitStatus>;
  /**
   * Path of the log file that conmon writes: lines `<RFC 3339 time> stdout|stderr P|F <text>`, where
   * P means that the line goes on in the stream's next record. At 16 MiB an empty file replaces it.
   */
  logPath(instanceId: InstanceId): string;
  /** `undefined` when it was not started. Disk usage may be 10 s old, for big trees older. */
  usage(instanceId: InstanceId): Promise<ContainerUsage | undefined>;
  /** All containers of this warden, as runc and the folders show them. */
  list(): Promise<ContainerInfo[]>;
  /** Kills what runs and removes processes, cgroups, mounts and folders. Absent is success. */
  destroy(instanceId: InstanceId): Promise<void>;
  /** Destroys every container, and the warden's own cgroup and folders. */
  tearDown(): Promise<void>;
}
