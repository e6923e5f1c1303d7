import { z } from 'zod';
import { metadataSchema, type ResourceFrame, type ToOne, toOneSchema } from './resource.ts';

export interface Space extends ResourceFrame {
  readonly name: string;
  readonly relationships: { readonly organization: ToOne; readonly quota: ToOne };
}

export const spaceCreateSchema = z.strictObject({
  name: z.string(),
  relationships: z.strictObject({ organization: toOneSchema }),
  metadata: metadataSchema.optional(),
});
export type SpaceCreate = z.infer<typeof spaceCreateSchema>;

export const spaceUpdateSchema = z.strictObject({
  name: z.string().optional(),
  metadata: metadataSchema.optional(),
});
export type SpaceUpdate = z.infer<typeof spaceUpdateSchema>;
