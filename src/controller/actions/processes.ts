import { SprueError } from '../../core/errors.ts';
import { instanceKey } from '../../proto/buckets.ts';
import type { ProcessScale } from '../../proto/v3/process.ts';
import { checkFitsSomeHost } from '../domain/limits.ts';
import { changeSettings, type SettingsChange } from '../domain/process-version.ts';
import type { ProcessRecord } from '../domain/records.ts';
import type { Actor, Services } from '../services.ts';
import { currentDroplet, freezeRelease } from './release.ts';

/**
 * The number of instances changes at once, memory and disk with the next start or deployment.
 * @throws SprueError `MEMORY_BEYOND_HOST`, `PROCESS_WITHOUT_COMMAND`
 */
export async function scaleProcess(
  services: Services,
  actor: Actor,
  process: ProcessRecord,
  scale: ProcessScale,
): Promise<ProcessRecord> {
  const { store, fleet, audit, appLog } = services;
  if (scale.memory_in_mb !== undefined) checkFitsSomeHost(scale.memory_in_mb, fleet.deas.live());
  const scaled = await store.modify('process', process.guid, before => ({
    ...before,
    instances: scale.instances ?? before.instances,
    logRateLimit: scale.log_rate_limit_in_bytes_per_second ?? before.logRateLimit,
    settings: changeSettings(before.settings, {
      memoryMib: scale.memory_in_mb,
      diskMib: scale.disk_in_mb,
    }),
  }));
  const app = store.get('app', process.appGuid);
  appLog.write(app.guid, `Updated app with guid ${app.guid} (${describe(process.type, scale)})`);
  audit.about(app, 'audit.app.process.scale', actor, {
    process_guid: process.guid,
    process_type: process.type,
    request: scale,
  });
  await giveVersion(services, scaled);
  services.reconcile(app.guid);
  return store.get('process', process.guid);
}

function describe(type: string, scale: ProcessScale): string {
  const changes = Object.entries(scale).filter(([, value]) => value !== undefined);
  return [`process ${type}`, ...changes.map(([key, value]) => `${key}=${value}`)].join(', ');
}

/** A process that never ran and is scaled up while its app runs gets what the app would start now. */
async function giveVersion(services: Services, process: ProcessRecord): Promise<void> {
  if (process.version !== undefined || process.instances === 0) return;
  const app = services.store.get('app', process.appGuid);
  if (app.state !== 'STARTED') return;
  const release = freezeRelease(services, app, currentDroplet(services, app));
  const version = release.versions[process.guid];
  if (version === undefined) return;
  await services.store.modify('process', process.guid, before => ({ ...before, version }));
}

/** Takes effect with the next start or deployment. */
export async function updateProcess(
  services: Services,
  actor: Actor,
  process: ProcessRecord,
  change: SettingsChange,
): Promise<ProcessRecord> {
  const { store, audit } = services;
  const updated = await store.modify('process', process.guid, before => ({
    ...before,
    settings: changeSettings(before.settings, change),
  }));
  if (updated === process) return process;
  audit.about(store.get('app', process.appGuid), 'audit.app.process.update', actor, {
    process_guid: process.guid,
    process_type: process.type,
    request: { ...(change.command !== undefined && { command: change.command }) },
  });
  return updated;
}

/** Ends one instance; another takes its place. @throws SprueError `RESOURCE_NOT_FOUND` */
export async function terminateInstance(
  services: Services,
  actor: Actor,
  process: ProcessRecord,
  index: number,
): Promise<void> {
  const { fleet, audit, store } = services;
  const wishes = fleet
    .desiredOf(process.appGuid)
    .filter(wish => wish.processGuid === process.guid && wish.index === index);
  if (wishes.length === 0) throw new SprueError('RESOURCE_NOT_FOUND', { kind: 'Instance' });
  for (const wish of wishes) await fleet.desired.delete(instanceKey(wish.deaId, wish.guid));
  audit.about(store.get('app', process.appGuid), 'audit.app.process.terminate_instance', actor, {
    process_guid: process.guid,
    process_type: process.type,
    process_index: index,
  });
  services.reconcile(process.appGuid);
}
