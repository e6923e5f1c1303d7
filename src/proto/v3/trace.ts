import { z } from 'zod';
import {
  flowSchema,
  type Observation,
  observationSchema,
  type TraceArmed,
  type TraceRole,
} from '../trace.ts';

/** How long `GET /sprue/v1/traces/:id` may wait for observations. */
export const MAX_TRACE_WAIT_MS = 10_000;

/** Body of `POST /sprue/v1/traces`. */
export const traceCreateSchema = z.strictObject({
  /** Host header without port. */
  host: z.string().min(1).max(255).toLowerCase(),
  /** Path, without query. */
  path: z
    .string()
    .max(8_000)
    .regex(/^\/[^?#]*$/, 'must begin with / and have no query'),
  /** The client's connection: its own end is bound already. */
  flow: flowSchema,
  for_ms: z.number().int().min(100).max(30_000).optional(),
  figures: z.boolean().optional(),
});
export type TraceCreate = z.input<typeof traceCreateSchema>;

/** Body of `POST /sprue/v1/traces/:id/observations`: what the client itself saw. */
export const traceObservationsSchema = z.strictObject({
  observations: z.array(observationSchema).min(1).max(10),
});

/** Answer to `POST /sprue/v1/traces`. */
export interface TraceCreated {
  readonly id: string;
  /** Agents disarm after this. */
  readonly for_ms: number;
  readonly armed: readonly TraceArmed[];
  readonly silent: readonly SilentAgent[];
}

/** An agent that the controller knows and that did not answer in time. */
export interface SilentAgent {
  readonly role: TraceRole;
  readonly agent: string;
  /** For people: name or address of its machine. */
  readonly name: string;
}

/** Answer to `GET /sprue/v1/traces/:id`. */
export interface TraceSnapshot {
  readonly id: string;
  /** Everything that can be expected is there. */
  readonly complete: boolean;
  readonly armed: readonly TraceArmed[];
  readonly silent: readonly SilentAgent[];
  readonly observations: readonly Observation[];
  readonly names: TraceNames;
}

/** Names for what observations call by address or guid. */
export interface TraceNames {
  /** Name of the DEA at an address. */
  readonly hosts: Readonly<Record<string, string>>;
  readonly apps: Readonly<Record<string, string>>;
  /** The platform's name server that knows the host, and by which record. */
  readonly zone?: ZoneRecord;
}

export interface ZoneRecord {
  /** Host name of the edge. */
  readonly host: string;
  /** Where that edge's name server is asked. */
  readonly addresses: readonly string[];
  /** Owner name of the record that answers, e.g. `*.apps.example.com`. */
  readonly record: string;
}
