import { pino } from 'pino';

/** Structured log of a process. Message last, like pino: `log.info({ app }, 'instance started')`. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Log;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** JSON lines on stderr, so that stdout stays free for data. */
export function createLog(name: string, level: LogLevel = 'info'): Log {
  return pino({ name, level, base: { name, pid: process.pid } }, pino.destination(2));
}

export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLog,
};
