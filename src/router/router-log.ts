import { writeSync } from 'node:fs';
import type { Log, LogLevel } from '../core/log.ts';

export interface RouterLogOptions {
  readonly level: LogLevel;
  readonly timestamp: 'unix-epoch' | 'rfc3339';
  /** Default: standard error. */
  readonly write?: (line: string) => void;
}

const LEVELS = { debug: 0, info: 1, warn: 2, error: 3, silent: 4 } as const;

/** Log events in gorouter's form, one JSON object per line. */
export function createRouterLog(options: RouterLogOptions, source = 'gorouter'): Log {
  const threshold = LEVELS[options.level];
  const write = options.write ?? writeToStderr;
  const writerOf = (level: keyof typeof LEVELS, bound: object) => {
    if (LEVELS[level] < threshold) return () => {};
    return (fields: object, message: string) =>
      write(
        `${JSON.stringify({
          log_level: LEVELS[level],
          timestamp: timestamp(options.timestamp),
          message,
          source,
          data: { ...bound, ...fields },
        })}\n`,
      );
  };
  const logOf = (bound: object): Log => ({
    debug: writerOf('debug', bound),
    info: writerOf('info', bound),
    warn: writerOf('warn', bound),
    error: writerOf('error', bound),
    child: fields => logOf({ ...bound, ...fields }),
  });
  return logOf({});
}

function timestamp(form: RouterLogOptions['timestamp']): number | string {
  const nowMs = Date.now();
  return form === 'rfc3339' ? new Date(nowMs).toISOString() : nowMs / 1000;
}

function writeToStderr(line: string): void {
  try {
    writeSync(2, line);
  } catch {} // a log that nobody takes must not stop the traffic
}
