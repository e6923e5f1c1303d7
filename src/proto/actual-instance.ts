import { z } from 'zod';
import { guidSchema, instanceIdSchema } from './id-schemas.ts';

/** States of an instance on its DEA. The V3 API shows STOPPING as it is and the absence of an instance as DOWN. */
export const INSTANCE_STATES = ['STARTING', 'RUNNING', 'STOPPING', 'STOPPED', 'CRASHED'] as const;
export type InstanceState = (typeof INSTANCE_STATES)[number];

/** What is wrong with how an app listens, seen from outside its container. */
export const listenProblemSchema = z.object({
  code: z.enum(['APP_LOOPBACK_BIND', 'APP_WRONG_PORT', 'APP_NOT_LISTENING']),
  /** One sentence: what was expected, what was found. */
  text: z.string(),
  /** One sentence: how to mend it. */
  fix: z.string(),
});
export type ListenProblem = z.infer<typeof listenProblemSchema>;

/** What a DEA says about one {@link DesiredInstance}. Written on every change of state. */
export const actualInstanceSchema = z.object({
  /** Guid of the desired instance. */
  guid: guidSchema,
  deaId: z.string(),
  appGuid: guidSchema,
  processGuid: guidSchema,
  processType: z.string(),
  index: z.number().int().nonnegative(),
  version: guidSchema,
  /** This run of it. */
  instanceId: instanceIdSchema,
  state: z.enum(INSTANCE_STATES),
  /** When it entered the state, milliseconds since the epoch. */
  sinceMs: z.number(),
  /** Every known router has confirmed its registration (or it has no route). */
  routable: z.boolean(),
  /** Where it is reached; known from STARTING on. */
  network: z
    .object({
      host: z.string(),
      hostPort: z.number().int(),
      containerIp: z.string(),
      containerPort: z.number().int(),
      veth: z.string(),
    })
    .optional(),
  /** Crashes since it last ran well for five minutes, and the newest of them. */
  crash: z
    .object({
      count: z.number().int().positive(),
      atMs: z.number(),
      /** For people, e.g. `Exited with status 1` or `out of memory (256M)`. */
      reason: z.string(),
      exitStatus: z.number().int().optional(),
      /** The last lines of its log. */
      lastLines: z.array(z.string()),
      /** When it will be started again. */
      nextStartMs: z.number().optional(),
    })
    .optional(),
  listenProblem: listenProblemSchema.optional(),
});
export type ActualInstance = z.infer<typeof actualInstanceSchema>;

/** Answer to a stats request: what one running instance uses. */
export const instanceUsageSchema = z.object({
  guid: guidSchema,
  /** Fraction of one core. */
  cpu: z.number(),
  memoryBytes: z.number(),
  diskBytes: z.number(),
});
export type InstanceUsage = z.infer<typeof instanceUsageSchema>;
