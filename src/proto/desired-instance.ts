import { z } from 'zod';
import { guidSchema } from './id-schemas.ts';

export const healthCheckSchema = z.object({
  type: z.enum(['port', 'http', 'process']),
  /** Path of an `http` check. */
  endpoint: z.string().default('/'),
  /** How long an instance may take to become ready. */
  startTimeoutSec: z.number().positive().default(60),
  /** How long one probe may take. */
  invocationTimeoutSec: z.number().positive().default(1),
});
export type HealthCheck = z.infer<typeof healthCheckSchema>;

/** Why an instance is where it is. */
export const placementReasonSchema = z.object({
  /** A few words: the rule that decided. */
  because: z.string(),
  /** The hosts that had room when it was placed, as they were then; the chosen one first. */
  hosts: z.array(
    z.object({
      deaId: z.string(),
      freeMib: z.number(),
      /** Instances of the same process. */
      siblings: z.number(),
    }),
  ),
});
export type PlacementReason = z.infer<typeof placementReasonSchema>;

/**
 * One instance that should run on one DEA. The controller writes it, the DEA makes it true; deleting
 * it means “stop gracefully, then forget”. The DEA restarts it after a crash without asking.
 */
export const desiredInstanceSchema = z.object({
  /** Names this wish; the instances that fulfil it, one after the other, have ids of their own. */
  guid: guidSchema,
  deaId: z.string(),
  appGuid: guidSchema,
  appName: z.string(),
  processGuid: guidSchema,
  processType: z.string(),
  index: z.number().int().nonnegative(),
  /** Changes whenever droplet, command, environment or limits change. */
  version: guidSchema,
  dropletGuid: guidSchema,
  startCommand: z.string(),
  /** The user's variables and VCAP_SERVICES; the DEA adds what only it knows. */
  env: z.record(z.string(), z.string()),
  /** The controller's part of VCAP_APPLICATION. */
  vcapApplication: z.record(z.string(), z.unknown()),
  memoryMib: z.number().int().positive(),
  diskMib: z.number().int().positive(),
  healthCheck: healthCheckSchema,
  /** Host or host/path of every mapped route, for `router.register`. */
  uris: z.array(z.string()),
  /** The port the app is told to listen on. */
  appPort: z.number().int().min(1).max(65535).default(8080),
  placement: placementReasonSchema.optional(),
});
export type DesiredInstance = z.infer<typeof desiredInstanceSchema>;
