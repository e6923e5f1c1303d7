import { z } from 'zod';
import { guidSchema } from './id-schemas.ts';

/** One build that a DEA should do: package in, droplet out. Deleting it cancels the build. */
export const stagingTaskSchema = z.object({
  buildGuid: guidSchema,
  deaId: z.string(),
  appGuid: guidSchema,
  appName: z.string(),
  /** Name of the package (a zip) in the object bucket `packages`. */
  packageGuid: guidSchema,
  /** Name that the droplet gets in the object bucket `droplets`. */
  dropletGuid: guidSchema,
  /** Names of built-in buildpacks, directories or git URLs, in order; empty: detect. */
  buildpacks: z.array(z.string()),
  /** The app has a start command of its own, so it may be staged though no buildpack recognises it. */
  startCommandKnown: z.boolean().optional(),
  env: z.record(z.string(), z.string()),
  vcapApplication: z.record(z.string(), z.unknown()),
  memoryMib: z.number().int().positive(),
  diskMib: z.number().int().positive(),
  timeoutSec: z.number().positive(),
});
export type StagingTask = z.infer<typeof stagingTaskSchema>;

/** What became of a {@link stagingTaskSchema}; stored under the same key in the bucket `actual`. */
export const stagingResultSchema = z.discriminatedUnion('state', [
  z.object({ buildGuid: guidSchema, deaId: z.string(), state: z.literal('STAGING') }),
  z.object({
    buildGuid: guidSchema,
    deaId: z.string(),
    state: z.literal('STAGED'),
    dropletSizeBytes: z.number(),
    /** `SHA-256=…` of the droplet. */
    dropletDigest: z.string(),
    /** Start command by process type, e.g. `{web: 'node server.js'}`. */
    processTypes: z.record(z.string(), z.string()),
    buildpacks: z.array(z.object({ name: z.string(), detectOutput: z.string() })),
  }),
  z.object({
    buildGuid: guidSchema,
    deaId: z.string(),
    state: z.literal('FAILED'),
    /** Begins with Cloud Foundry's name for the failure, e.g. `NoAppDetectedError - …`. */
    error: z.string(),
  }),
]);
export type StagingResult = z.infer<typeof stagingResultSchema>;
