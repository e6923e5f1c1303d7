import type { Guid } from '../../core/ids.ts';
import type { Actual } from '../../proto/bucket-values.ts';
import { stagingKey } from '../../proto/buckets.ts';
import type { DesiredSnapshot } from '../desired-watch.ts';
import type { Instances } from '../instances.ts';
import type { StagingRunner } from '../staging-runner.ts';
import type { Resumption } from './plan-recovery.ts';

/** Lets every instance go on, and makes up for what was changed while the recovery looked around. */
export function resumeInstances(
  instances: Instances,
  resumptions: readonly Resumption[],
  snapshot: DesiredSnapshot,
): void {
  for (const resumption of resumptions) instances.resume(resumption);
  const wishes = new Map(resumptions.map(({ desired, wish }) => [desired.guid, wish]));
  for (const [guid, desired] of snapshot.instances) {
    if (wishes.get(guid) !== desired) instances.want(desired);
  }
  for (const guid of wishes.keys()) {
    if (!snapshot.instances.has(guid) && !snapshot.unreadable.has(guid)) instances.unwant(guid);
  }
}

/** A build whose result is known is done; one that an earlier agent had begun begins anew. */
export function resumeStaging(
  staging: StagingRunner,
  snapshot: DesiredSnapshot,
  reported: ReadonlyMap<string, Actual | undefined>,
  deaId: string,
): void {
  const finished = (guid: Guid): boolean => {
    const report = reported.get(stagingKey(deaId, guid));
    return report !== undefined && report.state !== 'STAGING';
  };
  for (const [guid, task] of snapshot.tasks) {
    if (finished(guid)) staging.remember(guid);
    else staging.want(task);
  }
  for (const [key, report] of reported) {
    if (report === undefined || !('buildGuid' in report)) continue;
    if (key.startsWith(`${deaId}.staging.`) && !snapshot.tasks.has(report.buildGuid)) {
      staging.remember(report.buildGuid);
      void staging.unwant(report.buildGuid);
    }
  }
}
