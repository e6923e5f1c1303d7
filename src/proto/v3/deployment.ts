import { z } from 'zod';
import type { ListenProblem } from '../actual-instance.ts';
import { metadataSchema, type ResourceFrame, type ToOne, toOneSchema } from './resource.ts';

export interface Deployment extends ResourceFrame {
  readonly strategy: 'rolling';
  readonly status: {
    readonly value: 'ACTIVE' | 'FINALIZED';
    readonly reason: DeploymentReason;
    readonly details: { readonly last_status_change: string };
  };
  readonly options: { readonly max_in_flight: number };
  readonly droplet: { readonly guid: string } | null;
  readonly previous_droplet: { readonly guid: string } | null;
  readonly new_processes: readonly { readonly guid: string; readonly type: string }[];
  readonly revision: null;
  readonly relationships: { readonly app: ToOne };
  /** Sprue's addition. */
  readonly sprue: {
    /** Instances at the new version that are ready, of those that are wanted. */
    readonly ready_instances: number;
    readonly wanted_instances: number;
    /** Why the deployment was given up; the previous version serves. */
    readonly failure: DeploymentFailure | null;
  };
}

export const DEPLOYMENT_REASONS = [
  'DEPLOYING',
  'CANCELING',
  'DEPLOYED',
  'CANCELED',
  'SUPERSEDED',
] as const;
export type DeploymentReason = (typeof DEPLOYMENT_REASONS)[number];

export interface DeploymentFailure {
  /** One sentence for people. */
  readonly reason: string;
  readonly process_type: string;
  readonly index: number;
  readonly exit_status: number | null;
  readonly last_lines: readonly string[];
  readonly listen_problem: ListenProblem | null;
}

export const deploymentCreateSchema = z.strictObject({
  strategy: z.enum(['rolling', 'canary']).optional(),
  droplet: z.strictObject({ guid: z.string() }).nullable().optional(),
  relationships: z.strictObject({ app: toOneSchema }),
  options: z
    .strictObject({ max_in_flight: z.number().int().positive().nullable().optional() })
    .nullable()
    .optional(),
  metadata: metadataSchema.optional(),
});
export type DeploymentCreate = z.infer<typeof deploymentCreateSchema>;
