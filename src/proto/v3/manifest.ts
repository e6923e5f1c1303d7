import { z } from 'zod';
import { commandSchema } from './process.ts';

/** One entry of `processes`, or the same members at app level as shorthand for type `web`. */
const processFields = {
  command: commandSchema.nullable().optional(),
  instances: z.number().int().nonnegative().max(10_000).optional(),
  memory: z.union([z.string(), z.number()]).optional(),
  disk_quota: z.union([z.string(), z.number()]).optional(),
  log_rate_limit_per_second: z.union([z.string(), z.number()]).optional(),
  health_check_type: z.enum(['port', 'process', 'http', 'none']).optional(),
  health_check_http_endpoint: z.string().startsWith('/').optional(),
  health_check_invocation_timeout: z.number().int().positive().optional(),
  timeout: z.number().int().positive().optional(),
};

export const manifestProcessSchema = z.strictObject({ type: z.string().min(1), ...processFields });
export type ManifestProcess = z.infer<typeof manifestProcessSchema>;

const manifestRouteSchema = z.strictObject({
  route: z.string(),
  protocol: z.enum(['http1', 'http2']).optional(),
  options: z.record(z.string(), z.string().nullable()).optional(),
});

const scalarSchema = z.union([z.string(), z.number(), z.boolean(), z.null()]);

/**
 * One app of a manifest. Keys are as Cloud Foundry writes them, with `-` turned into `_`, so that
 * `disk-quota` and `disk_quota` are the same key.
 */
export const manifestAppSchema = z.strictObject({
  name: z.string(),
  lifecycle: z.string().optional(),
  buildpacks: z.array(z.string()).optional(),
  buildpack: z.string().nullable().optional(),
  stack: z.string().optional(),
  docker: z.unknown().optional(),
  env: z.record(z.string(), scalarSchema).optional(),
  no_route: z.boolean().optional(),
  random_route: z.boolean().optional(),
  default_route: z.boolean().optional(),
  routes: z.array(manifestRouteSchema).optional(),
  services: z.array(z.unknown()).optional(),
  sidecars: z.array(z.unknown()).optional(),
  features: z.record(z.string(), z.boolean()).optional(),
  processes: z.array(manifestProcessSchema).optional(),
  metadata: z
    .strictObject({
      labels: z.record(z.string(), z.string().nullable()).optional(),
      annotations: z.record(z.string(), z.string().nullable()).optional(),
    })
    .optional(),
  /** The client's business; the server ignores it. */
  path: z.string().optional(),
  ...processFields,
});
export type ManifestApp = z.infer<typeof manifestAppSchema>;
