import { z } from 'zod';
import { metadataSchema, type ResourceFrame, type ToOne, toOneSchema } from './resource.ts';

export interface Route extends ResourceFrame {
  readonly protocol: 'http';
  readonly host: string;
  /** Empty, or begins with `/`. */
  readonly path: string;
  readonly port: null;
  /** `host.domain/path` */
  readonly url: string;
  readonly destinations: readonly Destination[];
  readonly options: Readonly<Record<string, string>>;
  readonly relationships: { readonly space: ToOne; readonly domain: ToOne };
}

export interface Destination {
  readonly guid: string;
  readonly app: { readonly guid: string; readonly process: { readonly type: string } };
  readonly weight: null;
  readonly port: number;
  readonly protocol: 'http1' | 'http2';
}

const optionsSchema = z.record(z.string(), z.string().nullable());

export const routeCreateSchema = z.strictObject({
  host: z.string().optional(),
  path: z.string().optional(),
  port: z.null().optional(),
  options: optionsSchema.optional(),
  relationships: z.strictObject({ space: toOneSchema, domain: toOneSchema }),
  metadata: metadataSchema.optional(),
});
export type RouteCreate = z.infer<typeof routeCreateSchema>;

export const routeUpdateSchema = z.strictObject({
  options: optionsSchema.optional(),
  metadata: metadataSchema.optional(),
});
export type RouteUpdate = z.infer<typeof routeUpdateSchema>;

/** `POST` (add) and `PATCH` (replace all) of `/v3/routes/:guid/destinations` */
export const destinationsSchema = z.strictObject({
  destinations: z.array(
    z.strictObject({
      app: z.strictObject({
        guid: z.string(),
        process: z.strictObject({ type: z.string() }).optional(),
      }),
      port: z.number().int().min(1).max(65535).nullable().optional(),
      protocol: z.enum(['http1', 'http2']).nullable().optional(),
      weight: z.null().optional(),
    }),
  ),
});
export type DestinationsInput = z.infer<typeof destinationsSchema>;

/** Answer of `GET` and `POST /v3/routes/:guid/destinations`. */
export interface Destinations {
  readonly destinations: readonly Destination[];
  readonly links: ResourceFrame['links'];
}
