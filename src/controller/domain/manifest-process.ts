import { parseSizeMib } from '../../core/size.ts';
import type { ManifestApp, ManifestProcess } from '../../proto/v3/manifest.ts';
import { parseLogRate } from './limits.ts';
import type { SettingsChange } from './process-version.ts';

/** What a manifest wants of one process. `undefined` leaves things as they are. */
export interface WantedProcess {
  readonly type: string;
  readonly instances: number | undefined;
  readonly logRateLimit: number | undefined;
  readonly settings: SettingsChange;
}

/**
 * The processes of an app's manifest. Members at app level mean `web`, unless `processes` has a `web`
 * of its own, which then wins wholly (Cloud Foundry, apply_manifest).
 * @throws SprueError `INVALID_SIZE`
 */
export function wantedProcesses(app: ManifestApp): readonly WantedProcess[] {
  const listed = app.processes ?? [];
  const hasWeb = listed.some(process => process.type === 'web');
  const all = hasWeb ? listed : [{ ...app, type: 'web' }, ...listed];
  return all.map(wanted);
}

function wanted(process: ManifestProcess): WantedProcess {
  const { type, instances, memory, disk_quota, log_rate_limit_per_second } = process;
  return {
    type,
    instances,
    logRateLimit:
      log_rate_limit_per_second === undefined ? undefined : parseLogRate(log_rate_limit_per_second),
    settings: {
      command: commandOf(process.command),
      memoryMib: memory === undefined ? undefined : parseSizeMib(String(memory)),
      diskMib: disk_quota === undefined ? undefined : parseSizeMib(String(disk_quota)),
      healthCheck: {
        ...(process.health_check_type && {
          type: process.health_check_type === 'none' ? 'process' : process.health_check_type,
        }),
        ...(process.health_check_http_endpoint !== undefined && {
          endpoint: process.health_check_http_endpoint,
        }),
        ...(process.timeout !== undefined && { startTimeoutSec: process.timeout }),
        ...(process.health_check_invocation_timeout !== undefined && {
          invocationTimeoutSec: process.health_check_invocation_timeout,
        }),
      },
    },
  };
}

/** `default` and `null` go back to the droplet's own command. */
function commandOf(command: string | null | undefined): string | null | undefined {
  return command === 'default' ? null : command;
}
