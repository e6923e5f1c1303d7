import { z } from 'zod';
import { metadataSchema, type ResourceFrame, type ToOne, toOneSchema } from './resource.ts';

export const PACKAGE_STATES = ['AWAITING_UPLOAD', 'PROCESSING_UPLOAD', 'READY', 'FAILED'] as const;
export type PackageState = (typeof PACKAGE_STATES)[number];

export interface Package extends ResourceFrame {
  readonly type: 'bits';
  readonly state: PackageState;
  readonly data: {
    readonly error: string | null;
    readonly checksum: { readonly type: 'sha256'; readonly value: string | null };
  };
  readonly relationships: { readonly app: ToOne };
}

export const packageCreateSchema = z.strictObject({
  type: z.string(),
  relationships: z.strictObject({ app: toOneSchema }),
  data: z.unknown().optional(),
  metadata: metadataSchema.optional(),
});
export type PackageCreate = z.infer<typeof packageCreateSchema>;

/** Name of the multipart field that carries the zip of `POST /v3/packages/:guid/upload`. */
export const PACKAGE_UPLOAD_FIELD = 'bits';

/** `POST /v3/resource_matches`: which files the platform has already. */
export interface ResourceMatches {
  readonly resources: readonly {
    readonly path: string;
    readonly mode: string;
    readonly checksum: { readonly value: string };
    readonly size_in_bytes: number;
  }[];
}
