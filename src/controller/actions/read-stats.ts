import { rfc3339 } from '../../core/clock.ts';
import type { ActualInstance, InstanceUsage } from '../../proto/actual-instance.ts';
import { instanceKey } from '../../proto/buckets.ts';
import type {
  InstanceExtension,
  InstancePlacement,
  InstanceStats,
  ProcessStats,
  StatsState,
} from '../../proto/v3/process-stats.ts';
import type { ProcessRecord } from '../domain/records.ts';
import { FDS_QUOTA } from '../domain/vcap-application.ts';
import { isReady } from '../reconcile/app-model.ts';
import type { Services } from '../services.ts';

const MIB = 2 ** 20;

/** What a process's instances do: wishes, what DEAs report, and what they use, joined. */
export async function readStats(services: Services, process: ProcessRecord): Promise<ProcessStats> {
  const { store, fleet, usage } = services;
  const app = store.get('app', process.appGuid);
  const shown = Array.from({ length: process.instances }, (_, index) =>
    app.state === 'STARTED' ? instanceAt(services, process, index) : undefined,
  );
  const running = shown.filter(one => one?.state === 'RUNNING');
  const byDea = Map.groupBy(running, one => one?.deaId ?? '');
  const answers = await Promise.all(
    [...byDea].map(([deaId, ones]) =>
      usage.read(
        deaId,
        ones.flatMap(one => one?.guid ?? []),
      ),
    ),
  );
  const used = new Map(answers.flatMap(answer => [...answer]));
  const resources = shown.map((actual, index) => {
    if (actual === undefined || fleet.deas.isSilent(actual.deaId)) {
      return absent(services, process, index, actual);
    }
    return present(services, process, actual, used.get(actual.guid));
  });
  return { resources };
}

/**
 * The instance that people mean by an index: the one that serves; else the newest version's. During
 * a deployment there are two.
 */
function instanceAt(
  { fleet }: Services,
  process: ProcessRecord,
  index: number,
): ActualInstance | undefined {
  const here = fleet
    .desiredOf(process.appGuid)
    .filter(wish => wish.processGuid === process.guid && wish.index === index)
    .flatMap(wish => fleet.actualFor(wish) ?? []);
  const isCurrent = (one: ActualInstance) => one.version === process.version?.guid;
  return (
    here.find(one => isReady(one) && isCurrent(one)) ??
    here.find(isReady) ??
    here.find(isCurrent) ??
    here[0]
  );
}

/** Nothing runs at this index, or nobody can tell. */
function absent(
  services: Services,
  process: ProcessRecord,
  index: number,
  actual: ActualInstance | undefined,
): InstanceStats {
  return {
    ...frameOf(process, index),
    state: 'DOWN',
    routable: false,
    usage: {},
    host: null,
    instance_internal_ip: null,
    instance_ports: [],
    uptime: 0,
    details: reasonFor(services, process, index, actual),
    sprue: {
      instance_guid: null,
      dea: actual?.deaId ?? null,
      version: null,
      current: false,
      network: null,
      placement: null,
      crash: null,
      listen_problem: null,
    },
  };
}

function reasonFor(
  { unplaced, store }: Services,
  process: ProcessRecord,
  index: number,
  actual: ActualInstance | undefined,
): string | null {
  const waiting = unplaced
    .get(process.appGuid)
    ?.find(one => one.processGuid === process.guid && one.index === index);
  if (waiting !== undefined) return waiting.reason;
  if (actual !== undefined) return `its host ${actual.deaId} does not answer`;
  const isStarted = store.get('app', process.appGuid).state === 'STARTED';
  return isStarted ? 'waiting for its host to start it' : null;
}

function present(
  { clock, fleet }: Services,
  process: ProcessRecord,
  actual: ActualInstance,
  used: InstanceUsage | undefined,
): InstanceStats {
  const { network, state } = actual;
  return {
    ...frameOf(process, actual.index),
    state: STATES[state],
    routable: actual.routable,
    usage: state === 'RUNNING' ? usageOf(used, clock.now()) : {},
    host: network?.host ?? null,
    instance_internal_ip: network?.containerIp ?? null,
    instance_ports: network
      ? [{ external: network.hostPort, internal: network.containerPort }]
      : [],
    uptime: Math.max(0, Math.floor((clock.now() - actual.sinceMs) / 1000)),
    details: detailsOf(actual),
    sprue: { ...extensionOf(process, actual), placement: placementOf(fleet, actual) },
  };
}

const STATES = {
  STARTING: 'STARTING',
  RUNNING: 'RUNNING',
  STOPPING: 'STOPPING',
  STOPPED: 'DOWN',
  CRASHED: 'CRASHED',
} as const satisfies Record<ActualInstance['state'], StatsState>;

function frameOf(process: ProcessRecord, index: number) {
  const { memoryMib, diskMib } = (process.version ?? process).settings;
  return {
    type: process.type,
    index,
    mem_quota: memoryMib * MIB,
    disk_quota: diskMib * MIB,
    log_rate_limit: process.logRateLimit,
    fds_quota: FDS_QUOTA,
    isolation_segment: null,
  } as const;
}

/** The official client wants whole numbers for bytes. */
function usageOf(used: InstanceUsage | undefined, nowMs: number): InstanceStats['usage'] {
  return {
    time: rfc3339(nowMs),
    cpu: used?.cpu ?? 0,
    cpu_entitlement: null,
    mem: Math.round(used?.memoryBytes ?? 0),
    disk: Math.round(used?.diskBytes ?? 0),
    log_rate: 0,
  };
}

function detailsOf({ state, crash, listenProblem }: ActualInstance): string | null {
  if (listenProblem !== undefined) return `${listenProblem.text} ${listenProblem.fix}`;
  if (state === 'CRASHED' || state === 'STARTING') return crash?.reason ?? null;
  return null;
}

function placementOf(
  fleet: Services['fleet'],
  { deaId, guid }: ActualInstance,
): InstancePlacement | null {
  const wish = fleet.desired.get(instanceKey(deaId, guid));
  if (wish === undefined || !('placement' in wish) || wish.placement === undefined) return null;
  const { because, hosts } = wish.placement;
  return {
    dea: deaId,
    because,
    hosts: hosts.map(host => ({
      dea: host.deaId,
      free_mib: host.freeMib,
      siblings: host.siblings,
    })),
  };
}

function extensionOf(
  process: ProcessRecord,
  actual: ActualInstance,
): Omit<InstanceExtension, 'placement'> {
  const { network, crash } = actual;
  return {
    instance_guid: actual.instanceId,
    dea: actual.deaId,
    version: actual.version,
    current: actual.version === process.version?.guid,
    network: network
      ? {
          host: network.host,
          host_port: network.hostPort,
          veth: network.veth,
          container_ip: network.containerIp,
          container_port: network.containerPort,
        }
      : null,
    crash: crash
      ? {
          count: crash.count,
          at: rfc3339(crash.atMs),
          reason: crash.reason,
          exit_status: crash.exitStatus ?? null,
          last_lines: crash.lastLines,
          next_start_at: crash.nextStartMs === undefined ? null : rfc3339(crash.nextStartMs),
        }
      : null,
    listen_problem: actual.listenProblem ?? null,
  };
}
