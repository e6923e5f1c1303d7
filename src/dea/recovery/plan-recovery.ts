import type { Guid, InstanceId } from '../../core/ids.ts';
import type { Attachment } from '../../hostnet/host-network.ts';
import type { ActualInstance } from '../../proto/actual-instance.ts';
import type { DesiredInstance } from '../../proto/desired-instance.ts';
import type { ContainerInfo } from '../../warden/warden.ts';
import type { Beginning } from '../instance/instance.ts';
import type { InstanceRecord } from '../instance/instance-record.ts';
import { isMapped, type Run } from '../instance/run.ts';
import { born, type InstanceStatus } from '../instance/transition.ts';

/** What an agent that starts finds: on disk, in the kernel, and in the key-value store. */
export interface Findings {
  readonly records: readonly InstanceRecord[];
  readonly containers: readonly ContainerInfo[];
  readonly attachments: readonly Attachment[];
  /** Everything that is wanted of this DEA. Must be complete. */
  readonly desired: ReadonlyMap<Guid, DesiredInstance>;
  /** Wanted too, but in words that this agent does not understand: what runs is left alone. */
  readonly unreadable: ReadonlySet<Guid>;
  /** What an earlier agent has reported; tells what a damaged record would have told. */
  readonly actual: readonly ActualInstance[];
}

export interface Resumption extends Beginning {
  /** What is wanted now; `undefined`: stop it. */
  readonly wish: DesiredInstance | undefined;
}

export interface RecoveryPlan {
  readonly resumptions: readonly Resumption[];
  /** Containers and networks of these are somebody's; all others are orphans. */
  readonly keep: ReadonlySet<InstanceId>;
}

export interface RecoveryOptions {
  readonly nowMs: number;
  readonly newInstanceId: () => InstanceId;
}

/** Decides what becomes of each instance. Pure: the caller looks and acts. */
export function planRecovery(findings: Findings, options: RecoveryOptions): RecoveryPlan {
  const { desired, unreadable } = findings;
  const records = [...findings.records, ...recordsFromReports(findings)];
  const known = new Set(records.map(record => record.desired.guid));
  const resumed = records.map(record => {
    const { guid } = record.desired;
    const wish = desired.get(guid) ?? (unreadable.has(guid) ? record.desired : undefined);
    return { wish, ...resume(record, findings, options) };
  });
  const fresh = [...desired.values()]
    .filter(wish => !known.has(wish.guid))
    .map(wish => ({ wish, ...freshBeginning(wish, options) }));
  const resumptions = [...resumed, ...fresh];
  return { resumptions, keep: new Set(resumptions.flatMap(instancesOf)) };
}

/** A damaged record is made up for by what was reported last, as far as it is still wanted. */
function recordsFromReports({ records, desired, actual }: Findings): InstanceRecord[] {
  const recorded = new Set(records.map(record => record.desired.guid));
  return actual.flatMap(report => {
    const wish = desired.get(report.guid);
    if (recorded.has(report.guid) || wish?.version !== report.version) return [];
    const { instanceId, state, sinceMs, routable } = report;
    if (state !== 'RUNNING') return [];
    return [{ desired: wish, status: { state, instanceId, sinceMs, crash: undefined, routable } }];
  });
}

function resume(
  { desired, status }: InstanceRecord,
  findings: Findings,
  options: RecoveryOptions,
): Beginning {
  const run = findRun(status, findings);
  switch (status.state) {
    case 'STARTING':
      // Without a started process it was cut short in the middle: what is there of it is an orphan.
      return run === undefined ? startAnew(desired, status, options) : { desired, status, run };
    case 'RUNNING': // without a run it has vanished, and counts as crashed once
    case 'STOPPING':
      return { desired, status, run };
    case 'CRASHED':
    case 'STOPPED':
      return { desired, status, run: undefined };
    default:
      throw status satisfies never;
  }
}

/** The run that a status speaks of: its process was started and its network is there. */
function findRun(status: InstanceStatus, findings: Findings): Run | undefined {
  const { instanceId } = status;
  const container = findings.containers.find(one => one.instanceId === instanceId);
  const attachment = findings.attachments.find(one => one.instanceId === instanceId);
  if (container === undefined || container.state === 'created') return undefined;
  if (attachment === undefined || !isMapped(attachment)) return undefined;
  return { instanceId, attachment, pid: container.pid };
}

/** Being interrupted by the end of the agent is no crash, but earlier crashes still count. */
function startAnew(
  desired: DesiredInstance,
  status: InstanceStatus,
  options: RecoveryOptions,
): Beginning {
  const beginning = freshBeginning(desired, options);
  return { ...beginning, status: { ...beginning.status, crash: status.crash } as InstanceStatus };
}

function freshBeginning(desired: DesiredInstance, options: RecoveryOptions): Beginning {
  return { desired, status: born(options.newInstanceId(), options.nowMs), run: undefined };
}

/** A run that stops is somebody's until the stop is through, even when only half of it was found. */
function instancesOf({ run, status }: Resumption): InstanceId[] {
  if (run !== undefined) return [run.instanceId];
  return status.state === 'STOPPING' ? [status.instanceId] : [];
}
