import { z } from 'zod';
import { flowSchema } from './trace.ts';

/** `sprue trace --json` prints a {@link HopTable}. Members are added, never renamed; else this grows. */
export const HOP_TABLE_VERSION = 1;

export const HOP_KINDS = [
  'dns',
  'client',
  'external-nat',
  'edge-nat',
  'router',
  'connection',
  'host-nat',
  'veth',
  'app',
] as const;
export type HopKind = (typeof HOP_KINDS)[number];

export const HOP_STATES = [
  /** An agent read it there. */
  'seen',
  /** Nobody looked there; it follows from what both sides saw. */
  'inferred',
  /** The packets took a connection that was opened before this request. */
  'reused',
  /** An agent looked, and nothing came. */
  'nothing-arrived',
  /** Something came and was turned away. */
  'refused',
  /** It came this far and failed in some other way. */
  'failed',
  /** The host that would know did not say anything. */
  'no-report',
] as const;
export type HopState = (typeof HOP_STATES)[number];

/** A hop is good in these states; a table whose hops are all good tells of a request that was answered. */
export const GOOD_STATES: ReadonlySet<HopState> = new Set(['seen', 'inferred', 'reused']);

/** What stands in *before* and *after*: addresses, or words where there are none. */
export const hopSideSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('flow'), ...flowSchema.shape }),
  z.object({ type: z.literal('text'), text: z.string() }),
]);
export type HopSide = z.infer<typeof hopSideSchema>;

const evidence = z.object({ source: z.string(), text: z.string() });

export const hopSchema = z.object({
  /** From 1, over both directions. */
  n: z.number().int().positive(),
  direction: z.enum(['forward', 'return']),
  kind: z.enum(HOP_KINDS),
  /** Heading for people: `edge NAT`. */
  hop: z.string(),
  /** Host name; for an app `name/index`. */
  where: z.string(),
  before: hopSideSchema.nullable(),
  after: hopSideSchema.nullable(),
  /** What differs between *before* and *after*. */
  changed: z.array(z.enum(['source', 'destination'])),
  /** A TCP connection begins here; what came before it belongs to another one. */
  opensConnection: z.boolean(),
  /** How it was decided, a sentence each. */
  decidedBy: z.array(z.string()),
  /** Which of the router's attempts this hop belongs to, and how many it may make. */
  attempt: z.object({ n: z.number().int(), of: z.number().int() }).nullable(),
  /** Measured by one clock; `null` where nobody measures. */
  ms: z.number().nullable(),
  state: z.enum(HOP_STATES),
  /** For a hop that is not good: what should have been there, and what was. */
  expected: z.string().nullable(),
  found: z.string().nullable(),
  /** Word for word what it was read from. */
  raw: z.array(evidence),
  /** Commands that show the same, and where to run them. */
  explain: z.array(z.object({ where: z.string(), command: z.string() })),
  /** What that machine's or container's network looks like; only with `--figures`. */
  figures: z.array(evidence),
});
export type Hop = z.infer<typeof hopSchema>;

export const hopTableSchema = z.object({
  version: z.literal(HOP_TABLE_VERSION),
  /** The trace's id. */
  trace: z.string(),
  request: z.object({
    /** `X-Vcap-Request-Id`; `null` when no router saw it. */
    id: z.string().nullable(),
    method: z.string(),
    /** Query values are replaced by `…`, unless secrets were asked for. */
    url: z.string(),
    status: z.number().int().nullable(),
    /** From the first byte sent for the name's resolution to the end of the answer. */
    ms: z.number(),
  }),
  verdict: z.object({
    /** The request was answered by the app (or the platform's own endpoint) with a status below 500. */
    ok: z.boolean(),
    /** Number of the first hop that is not good. */
    firstWrongHop: z.number().int().nullable(),
    text: z.string(),
  }),
  hops: z.array(hopSchema),
  /** What is left out, and why; hosts that said nothing. */
  notes: z.array(z.string()),
});
export type HopTable = z.infer<typeof hopTableSchema>;
