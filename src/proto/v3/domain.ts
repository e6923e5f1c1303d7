import { z } from 'zod';
import { metadataSchema, type ResourceFrame, type ToOne, toOneSchema } from './resource.ts';

export interface Domain extends ResourceFrame {
  readonly name: string;
  readonly internal: boolean;
  readonly router_group: { readonly guid: string } | null;
  readonly supported_protocols: readonly ('http' | 'tcp')[];
  /** Without an organization the domain is shared by all. */
  readonly relationships: {
    readonly organization: ToOne;
    readonly shared_organizations: { readonly data: readonly { readonly guid: string }[] };
  };
}

export const domainCreateSchema = z.strictObject({
  name: z.string(),
  internal: z.boolean().optional(),
  relationships: z.strictObject({ organization: toOneSchema.optional() }).optional(),
  metadata: metadataSchema.optional(),
});
export type DomainCreate = z.infer<typeof domainCreateSchema>;

export const domainUpdateSchema = z.strictObject({ metadata: metadataSchema.optional() });
