import { SprueError } from '../../core/errors.ts';
import { formatMib, parseSizeBytes } from '../../core/size.ts';
import type { ProcessSettings } from './records.ts';

/** What a process gets when nobody says otherwise. */
export const DEFAULTS = {
  memoryMib: 256,
  diskMib: 1024,
  stagingMemoryMib: 1024,
  stagingDiskMib: 4096,
  /** `CF_STAGING_TIMEOUT` of the official command line is the same 15 minutes. */
  stagingTimeoutSec: 900,
  startTimeoutSec: 60,
  invocationTimeoutSec: 1,
  appPort: 8080,
  stack: 'host',
  unlimitedLogRate: -1,
} as const;

/** A process type `web` is reached by its port; any other is alive as long as its process is. */
export function defaultSettings(processType: string): ProcessSettings {
  return {
    command: null,
    memoryMib: DEFAULTS.memoryMib,
    diskMib: DEFAULTS.diskMib,
    healthCheck: {
      type: processType === 'web' ? 'port' : 'process',
      endpoint: null,
      startTimeoutSec: null,
      invocationTimeoutSec: null,
    },
  };
}

export function defaultInstances(processType: string): number {
  return processType === 'web' ? 1 : 0;
}

/**
 * Whether one instance of this size can ever run. Without any known host the question waits.
 * @throws SprueError `MEMORY_BEYOND_HOST`
 */
export function checkFitsSomeHost(
  memoryMib: number,
  hosts: readonly { readonly memoryMib: number }[],
): void {
  if (hosts.length === 0) return;
  const largest = Math.max(...hosts.map(host => host.memoryMib));
  if (memoryMib <= largest) return;
  throw new SprueError('MEMORY_BEYOND_HOST', {
    memory: formatMib(memoryMib),
    host: formatMib(largest),
  });
}

/** A log rate of a manifest: a size, `-1` (unlimited) or `0`. @throws SprueError `INVALID_SIZE` */
export function parseLogRate(value: string | number): number {
  const text = String(value).trim();
  if (text === '-1' || text === '0') return Number(text);
  return parseSizeBytes(text);
}
