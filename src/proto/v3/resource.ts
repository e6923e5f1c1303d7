import { z } from 'zod';

/** Frame of every V3 resource. Timestamps are RFC 3339 in UTC with seconds. */
export interface ResourceFrame {
  readonly guid: string;
  readonly created_at: string;
  readonly updated_at: string;
  readonly metadata: Metadata;
  readonly links: Links;
}

export interface Metadata {
  readonly labels: Readonly<Record<string, string | null>>;
  readonly annotations: Readonly<Record<string, string | null>>;
}

/** Absolute URLs by name, built from the scheme and host of the request. */
export type Links = Readonly<Record<string, Link | null>>;

export interface Link {
  readonly href: string;
  readonly method?: string;
  readonly meta?: Readonly<Record<string, unknown>>;
}

/** `{"data": {"guid": …}}` */
export interface ToOne {
  readonly data: { readonly guid: string } | null;
}

export const toOneSchema = z.object({ data: z.object({ guid: z.string() }) });

const labelsSchema = z.record(z.string(), z.string().nullable());

/** A `null` value removes the label or annotation. */
export const metadataSchema = z.object({
  labels: labelsSchema.optional(),
  annotations: labelsSchema.optional(),
});
export type MetadataInput = z.infer<typeof metadataSchema>;
