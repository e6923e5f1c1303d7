import type { ContainerFolder } from './container-folder.ts';
import { type SeccompProfile, seccompProfile } from './seccomp-profile.ts';
import { ID_RANGE, VCAP_GID, VCAP_HOME, VCAP_UID } from './vcap.ts';
import type { ContainerSpec } from './warden.ts';

export interface OciMount {
  readonly destination: string;
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}

/** The part of the OCI runtime specification 1.0.2 (`config.json`) that Sprue uses. */
export interface OciSpec {
  readonly ociVersion: '1.0.2';
  readonly hostname: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly root: { readonly path: string; readonly readonly: true };
  readonly process: {
    readonly terminal: false;
    readonly user: { readonly uid: number; readonly gid: number; readonly umask: number };
    readonly args: readonly string[];
    readonly env: readonly string[];
    readonly cwd: string;
    readonly noNewPrivileges: true;
    readonly capabilities: Readonly<Record<string, readonly string[]>>;
    readonly rlimits: readonly {
      readonly type: string;
      readonly hard: number;
      readonly soft: number;
    }[];
    readonly oomScoreAdj: number;
  };
  readonly mounts: readonly OciMount[];
  readonly hooks: {
    readonly createContainer: readonly {
      readonly path: string;
      readonly args: readonly string[];
    }[];
  };
  readonly linux: {
    readonly namespaces: readonly { readonly type: string; readonly path?: string }[];
    readonly uidMappings: readonly IdMapping[];
    readonly gidMappings: readonly IdMapping[];
    readonly cgroupsPath: string;
    readonly resources: {
      readonly memory: { readonly limit: number; readonly swap?: number };
      readonly pids: { readonly limit: number };
      readonly cpu: { readonly shares: number };
      readonly devices: readonly { readonly allow: boolean; readonly access: string }[];
    };
    readonly seccomp: SeccompProfile;
    readonly maskedPaths: readonly string[];
    readonly readonlyPaths: readonly string[];
  };
}

interface IdMapping {
  readonly containerID: number;
  readonly hostID: number;
  readonly size: number;
}

/** What the machine and the warden decide, not the app. */
export interface OciContext {
  readonly folder: ContainerFolder;
  readonly cgroupsPath: string;
  readonly uidBase: number;
  /** Whether the kernel can limit swap; when it cannot, asking for it would fail the start. */
  readonly swapLimit: boolean;
  readonly architecture: NodeJS.Architecture;
}

/** Public data of the machine that a container sees besides `/usr`; never anything else of `/etc`. */
export const SHARED_PATHS = ['/usr', '/etc/alternatives', '/etc/ssl/certs'] as const;

const OPEN_FILES = 16_384;
/**
 * The kernel counts signals that wait, and timers, of all containers together with those of root on
 * the host: without a limit of its own, one app could take them all.
 */
const PENDING_SIGNALS = 4_096;
/** POSIX message queues are counted the same way; a queue takes 82 KB unless it asks for less. */
const MESSAGE_QUEUE_BYTES = 163_840;
/** A development server takes two or three instances and a watch per folder. */
const INOTIFY_INSTANCES = 32;
const INOTIFY_WATCHES = 16_384;
const SHM_MIB = 64;
/** When the whole machine is out of memory, apps go before the platform. */
const OOM_SCORE_ADJ = 500;
const MIB = 2 ** 20;

/** What tells about the host or other containers; the set of Docker and containerd. */
const MASKED = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/scsi',
  '/proc/sched_debug',
  '/proc/timer_list',
  '/proc/timer_stats',
];

const READ_ONLY = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

/** The runtime's configuration for one container. Pure: looks at nothing but its arguments. */
export function planOciSpec(spec: ContainerSpec, context: OciContext): OciSpec {
  const mapping: IdMapping = { containerID: 0, hostID: context.uidBase, size: ID_RANGE };
  return {
    ociVersion: '1.0.2',
    hostname: spec.hostname,
    annotations: { 'sprue.disk-mib': String(spec.diskMib) },
    root: { path: context.folder.rootfs, readonly: true },
    process: {
      terminal: false,
      user: { uid: VCAP_UID, gid: VCAP_GID, umask: 0o022 },
      args: spec.args,
      env: Object.entries(spec.env).map(([name, value]) => `${name}=${value}`),
      cwd: spec.cwd,
      noNewPrivileges: true,
      capabilities: { bounding: [], effective: [], inheritable: [], permitted: [], ambient: [] },
      rlimits: [
        rlimit('RLIMIT_NOFILE', OPEN_FILES),
        rlimit('RLIMIT_CORE', 0),
        rlimit('RLIMIT_SIGPENDING', PENDING_SIGNALS),
        rlimit('RLIMIT_MSGQUEUE', MESSAGE_QUEUE_BYTES),
      ],
      oomScoreAdj: OOM_SCORE_ADJ,
    },
    mounts: planMounts(spec, context.folder),
    hooks: { createContainer: [limitInotify] },
    linux: {
      namespaces: [
        ...['mount', 'pid', 'ipc', 'uts', 'user', 'cgroup'].map(type => ({ type })),
        { type: 'network', path: spec.netnsPath },
      ],
      uidMappings: [mapping],
      gidMappings: [mapping],
      cgroupsPath: context.cgroupsPath,
      resources: {
        memory: planMemory(spec.memoryMib * MIB, context.swapLimit),
        pids: { limit: spec.pids },
        cpu: { shares: planCpuShares(spec.memoryMib) },
        devices: [{ allow: false, access: 'rwm' }], // runc adds null, zero, full, random, urandom, tty, ptmx
      },
      seccomp: seccompProfile(context.architecture),
      maskedPaths: MASKED,
      readonlyPaths: READ_ONLY,
    },
  };
}

/**
 * The kernel counts inotify instances and watches of all containers together with those of root on the
 * host (128 instances by default): one app could take them all, and nothing could watch files any more,
 * the platform neither. The limits of a user namespace are set from within; no runtime has a field for
 * them. A kernel before 4.9 has no such limits, and the container starts without.
 */
const limitInotify = {
  path: '/bin/sh',
  args: [
    'sh',
    '-c',
    `echo ${INOTIFY_INSTANCES} > /proc/sys/user/max_inotify_instances
echo ${INOTIFY_WATCHES} > /proc/sys/user/max_inotify_watches
exit 0`,
  ],
};

function rlimit(type: string, limit: number) {
  return { type, hard: limit, soft: limit };
}

/** Memory and swap together get the same limit, which leaves no swap. */
function planMemory(limit: number, swapLimit: boolean) {
  return swapLimit ? { limit, swap: limit } : { limit };
}

/**
 * CPU in proportion to memory: 1 GiB weighs 1024, the kernel's default weight.
 * The bounds keep a tiny app alive beside huge ones.
 */
function planCpuShares(memoryMib: number): number {
  return Math.min(Math.max(memoryMib, 32), 8192);
}

/**
 * `/sys` is not among them: it cannot be mounted by a user namespace that does not own its network
 * namespace. The container's own cgroup is shown at the usual place, since runtimes (Node, Java, Go)
 * read their memory limit there.
 */
function planMounts(spec: ContainerSpec, folder: ContainerFolder): readonly OciMount[] {
  return [
    mount('/proc', 'proc', ['nosuid', 'noexec', 'nodev']),
    mount('/sys/fs/cgroup', 'cgroup', ['ro', 'nosuid', 'noexec', 'nodev', 'relatime']),
    mount('/dev', 'tmpfs', ['nosuid', 'noexec', 'strictatime', 'mode=755', 'size=64k']),
    mount('/dev/pts', 'devpts', ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620']),
    mount('/dev/shm', 'tmpfs', ['nosuid', 'noexec', 'nodev', 'mode=1777', `size=${SHM_MIB}m`]),
    ...SHARED_PATHS.map(path => bind(path, path, 'ro')),
    ...spec.mounts.map(extra =>
      bind(extra.source, extra.destination, extra.readOnly ? 'ro' : 'rw'),
    ),
    bind(folder.home, VCAP_HOME, 'rw'),
    bind(folder.tmp, '/tmp', 'rw'),
  ];
}

function mount(destination: string, type: string, options: readonly string[]): OciMount {
  return { destination, type, source: type, options };
}

function bind(source: string, destination: string, access: 'ro' | 'rw'): OciMount {
  return { destination, type: 'bind', source, options: ['bind', access, 'nosuid', 'nodev'] };
}
