import { z } from 'zod';
import { metadataSchema, type ResourceFrame, type ToOne, toOneSchema } from './resource.ts';

export interface App extends ResourceFrame {
  readonly name: string;
  readonly state: 'STARTED' | 'STOPPED';
  readonly lifecycle: {
    readonly type: 'buildpack';
    readonly data: { readonly buildpacks: readonly string[]; readonly stack: string };
  };
  readonly relationships: { readonly space: ToOne; readonly current_droplet: ToOne };
}

/** `GET /v3/apps/:guid/env` */
export interface AppEnv {
  readonly staging_env_json: Readonly<Record<string, string>>;
  readonly running_env_json: Readonly<Record<string, string>>;
  readonly environment_variables: Readonly<Record<string, string>>;
  readonly system_env_json: { readonly VCAP_SERVICES: Readonly<Record<string, unknown>> };
  readonly application_env_json: { readonly VCAP_APPLICATION: Readonly<Record<string, unknown>> };
}

/** `GET` and `PATCH /v3/apps/:guid/environment_variables` */
export interface AppEnvironmentVariables {
  readonly var: Readonly<Record<string, string>>;
  readonly links: ResourceFrame['links'];
}

/** Scalar values become strings; `null` removes the variable. */
export const environmentVariablesUpdateSchema = z.strictObject({
  var: z.record(
    z.string(),
    z.union([z.string(), z.number(), z.boolean()]).transform(String).nullable(),
  ),
});
export type EnvironmentVariablesUpdate = z.infer<typeof environmentVariablesUpdateSchema>;

const lifecycleSchema = z.strictObject({
  type: z.string(),
  data: z
    .strictObject({
      buildpacks: z.array(z.string()).nullable().optional(),
      stack: z.string().nullable().optional(),
    })
    .optional(),
});

export const appCreateSchema = z.strictObject({
  name: z.string(),
  relationships: z.strictObject({ space: toOneSchema }),
  environment_variables: z.record(z.string(), z.string()).optional(),
  lifecycle: lifecycleSchema.optional(),
  metadata: metadataSchema.optional(),
});
export type AppCreate = z.infer<typeof appCreateSchema>;

export const appUpdateSchema = z.strictObject({
  name: z.string().optional(),
  lifecycle: lifecycleSchema.optional(),
  metadata: metadataSchema.optional(),
});
export type AppUpdate = z.infer<typeof appUpdateSchema>;

/** `PATCH /v3/apps/:guid/relationships/current_droplet` */
export const currentDropletSchema = toOneSchema;
