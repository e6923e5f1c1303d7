import type { ActualInstance } from '../../proto/actual-instance.ts';
import { type Services, SYSTEM } from '../services.ts';

/** Writes down a crash that a DEA reports. Only one at another time than the last is news. */
export function noteCrash(
  { store, audit, appLog }: Services,
  after: ActualInstance | undefined,
  before: ActualInstance | undefined,
): void {
  const crash = after?.crash;
  if (after === undefined || crash === undefined) return;
  if (before?.crash?.atMs === crash.atMs) return;
  const { appGuid, processType, index, instanceId } = after;
  appLog.write(appGuid, `Process ${processType}/${index} crashed: ${crash.reason}`);
  const app = store.find('app', appGuid);
  if (app === undefined) return;
  audit.about(app, 'audit.app.process.crash', SYSTEM, {
    instance: instanceId,
    index,
    process_type: processType,
    exit_description: crash.reason,
    ...(crash.exitStatus !== undefined && { exit_status: crash.exitStatus }),
    reason: 'CRASHED',
  });
}
