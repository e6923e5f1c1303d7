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
