import { z } from 'zod';
import { metadataSchema, type ResourceFrame, type ToOne } from './resource.ts';

export interface Process extends ResourceFrame {
  readonly type: string;
  /** In lists Cloud Foundry shows `[PRIVATE DATA HIDDEN IN LISTS]`; Sprue shows the command. */
  readonly command: string | null;
  readonly instances: number;
  readonly memory_in_mb: number;
  readonly disk_in_mb: number;
  /** −1: unlimited. */
  readonly log_rate_limit_in_bytes_per_second: number;
  readonly health_check: ProcessHealthCheck;
  readonly readiness_health_check: { readonly type: 'process'; readonly data: object };
  readonly version: string;
  readonly relationships: { readonly app: ToOne; readonly revision: ToOne | null };
  /** Only with `embed=process_instances`. */
  readonly process_instances?: readonly EmbeddedInstance[];
}

export interface ProcessHealthCheck {
  readonly type: 'port' | 'http' | 'process';
  readonly data: {
    /** Seconds an instance may take to become ready; `null`: the platform's default. */
    readonly timeout: number | null;
    readonly invocation_timeout: number | null;
    readonly endpoint?: string;
  };
}

export interface EmbeddedInstance {
  readonly index: number;
  readonly state: string;
  /** Seconds in this state. */
  readonly since: number;
}

/** A start command. An argument of a process ends at a NUL byte, execve(2). */
export const commandSchema = z
  .string()
  .max(4096)
  .refine(command => !command.includes('\0'), 'must not hold a NUL byte');

const limits = {
  instances: z.number().int().nonnegative().max(10_000).optional(),
  memory_in_mb: z.number().int().positive().optional(),
  disk_in_mb: z.number().int().positive().optional(),
  log_rate_limit_in_bytes_per_second: z.number().int().min(-1).optional(),
};

/** `POST /v3/apps/:guid/processes/:type/actions/scale` */
export const processScaleSchema = z.strictObject(limits);
export type ProcessScale = z.infer<typeof processScaleSchema>;

/** `PATCH /v3/processes/:guid`. Members that are absent stay as they are. */
export const processUpdateSchema = z.strictObject({
  command: commandSchema.min(1).nullable().optional(),
  health_check: z
    .strictObject({
      type: z.enum(['port', 'http', 'process']).optional(),
      data: z
        .strictObject({
          timeout: z.number().int().positive().nullable().optional(),
          invocation_timeout: z.number().int().positive().nullable().optional(),
          endpoint: z.string().startsWith('/').nullable().optional(),
        })
        .optional(),
    })
    .optional(),
  metadata: metadataSchema.optional(),
});
export type ProcessUpdate = z.infer<typeof processUpdateSchema>;
