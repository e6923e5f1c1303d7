import { pino } from 'pino';
import type { Log, LogLevel } from './log.ts';

/** JSON lines on stderr, so that stdout stays free for data. */
export function createLog(name: string, level: LogLevel = 'info'): Log {
  return pino({ name, level, base: { name, pid: process.pid } }, pino.destination(2));
}
