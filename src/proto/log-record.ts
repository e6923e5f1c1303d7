import { z } from 'zod';

/** One line of an app's log, as stored in the stream `logs` under `logs.<app guid>`. */
export const logRecordSchema = z.object({
  /** When the line was written, nanoseconds since the epoch, in decimal. */
  timestampNs: z.string(),
  /** `OUT` for standard output, `ERR` for standard error. */
  type: z.enum(['OUT', 'ERR']),
  /** `API`, `STG`, `CELL`, `HEALTH`, `APP/PROC/WEB`, `APP/TASK/name`, `RTR`. */
  source: z.string(),
  /** Index of the instance. */
  instance: z.string(),
  text: z.string(),
});
export type LogRecord = z.infer<typeof logRecordSchema>;

/** A stored record, or `undefined` when it is none: one bad line must not hide the others. */
export function parseLogRecord(text: string): LogRecord | undefined {
  try {
    return logRecordSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined; // not even JSON
  }
}

/** {@link LogRecord.timestampNs} of a line that is written now by somebody with a clock of milliseconds. */
export function timestampNsOf(epochMs: number): string {
  return `${Math.trunc(epochMs)}000000`;
}
