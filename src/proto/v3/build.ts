import { z } from 'zod';
import { metadataSchema, type ResourceFrame, type ToOne } from './resource.ts';

export const BUILD_STATES = ['STAGING', 'STAGED', 'FAILED'] as const;
export type BuildState = (typeof BUILD_STATES)[number];

export interface Build extends ResourceFrame {
  readonly state: BuildState;
  /** Begins with Cloud Foundry's name for the failure, e.g. `NoAppDetectedError - …`. */
  readonly error: string | null;
  readonly staging_memory_in_mb: number;
  readonly staging_disk_in_mb: number;
  readonly lifecycle: {
    readonly type: 'buildpack';
    readonly data: { readonly buildpacks: readonly string[]; readonly stack: string };
  };
  readonly package: { readonly guid: string };
  readonly droplet: { readonly guid: string } | null;
  readonly created_by: { readonly guid: string; readonly name: string };
  readonly relationships: { readonly app: ToOne };
}

export const buildCreateSchema = z.strictObject({
  package: z.strictObject({ guid: z.string() }),
  lifecycle: z
    .strictObject({
      type: z.literal('buildpack'),
      data: z
        .strictObject({
          buildpacks: z.array(z.string()).nullable().optional(),
          stack: z.string().nullable().optional(),
        })
        .optional(),
    })
    .optional(),
  staging_memory_in_mb: z.number().int().positive().optional(),
  staging_disk_in_mb: z.number().int().positive().optional(),
  metadata: metadataSchema.optional(),
});
export type BuildCreate = z.infer<typeof buildCreateSchema>;
