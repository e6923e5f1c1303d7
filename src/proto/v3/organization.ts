import { z } from 'zod';
import { metadataSchema, type ResourceFrame, type ToOne } from './resource.ts';

export interface Organization extends ResourceFrame {
  readonly name: string;
  readonly suspended: boolean;
  readonly relationships: { readonly quota: ToOne };
}

export const organizationCreateSchema = z.strictObject({
  name: z.string(),
  suspended: z.boolean().optional(),
  metadata: metadataSchema.optional(),
});
export type OrganizationCreate = z.infer<typeof organizationCreateSchema>;

export const organizationUpdateSchema = organizationCreateSchema.partial();
export type OrganizationUpdate = z.infer<typeof organizationUpdateSchema>;
