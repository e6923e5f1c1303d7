import { reasonOf } from '../../core/errors.ts';
import { newInstanceId } from '../../core/ids.ts';
import type { Actual } from '../../proto/bucket-values.ts';
import { instanceKey } from '../../proto/buckets.ts';
import type { DesiredSnapshot } from '../desired-watch.ts';
import type { InstanceHost } from '../instance/instance-host.ts';
import type { InstanceRecords } from '../instance/instance-record.ts';
import type { InstanceLogs } from '../logs/instance-logs.ts';
import { planRecovery, type RecoveryPlan, type Resumption } from './plan-recovery.ts';

export interface RecoverySources {
  readonly host: InstanceHost;
  readonly records: InstanceRecords;
  readonly logs: InstanceLogs;
  readonly snapshot: DesiredSnapshot;
  /** What an earlier agent has reported, by key; `undefined` for what cannot be read. */
  readonly reported: ReadonlyMap<string, Actual | undefined>;
}

/**
 * Looks at everything there is, removes what belongs to nobody, and says how each instance goes on.
 * What is adopted is not touched.
 */
export async function recover(sources: RecoverySources): Promise<readonly Resumption[]> {
  const { host, records, logs, snapshot, reported } = sources;
  const [recorded, containers, attachments] = await Promise.all([
    records.load(host.log),
    host.warden.list(),
    host.hostnet.list(),
  ]);
  const plan = planRecovery(
    {
      records: recorded,
      containers,
      attachments,
      desired: snapshot.instances,
      unreadable: snapshot.unreadable,
      actual: [...reported.values()].filter(report => report !== undefined && 'guid' in report),
    },
    { nowMs: host.clock.now(), newInstanceId },
  );
  await removeOrphans(plan, host, containers);
  await logs.retain(plan.keep);
  forgetStaleReports(plan, host, reported);
  const adopted = plan.resumptions.filter(({ run }) => run !== undefined).length;
  host.log.info({ adopted, instances: plan.resumptions.length }, 'instances recovered');
  return plan.resumptions;
}

/** Goes on past failures: what is left is an orphan for the next start, too. */
async function removeOrphans(
  { keep }: RecoveryPlan,
  { warden, hostnet, slots, log }: InstanceHost,
  containers: readonly { readonly instanceId: Resumption['status']['instanceId'] }[],
): Promise<void> {
  const orphans = containers.filter(({ instanceId }) => !keep.has(instanceId));
  const removed = await Promise.allSettled([
    ...orphans.map(({ instanceId }) => slots.run(() => warden.destroy(instanceId))),
  ]);
  const swept = await Promise.allSettled([hostnet.sweep(keep)]);
  for (const result of [...removed, ...swept]) {
    if (result.status === 'rejected') {
      log.error({ reason: reasonOf(result.reason) }, 'an orphan cannot be removed');
    }
  }
}

function forgetStaleReports(
  { resumptions }: RecoveryPlan,
  { actual, deaId }: InstanceHost,
  reported: ReadonlyMap<string, Actual | undefined>,
): void {
  const own = new Set(resumptions.map(({ desired }) => instanceKey(deaId, desired.guid)));
  for (const key of reported.keys()) {
    if (key.startsWith(`${deaId}.instance.`) && !own.has(key)) actual.delete(key);
  }
}
