import { MAX_TRACE_MS } from '../../proto/trace-limits.ts';

/** What a router needs of `sprue.trace.start`. */
export interface TraceOrder {
  readonly id: string;
  readonly forMs: number;
  readonly figures: boolean;
}

const ID = /^[0-9a-f]{32}$/;

/** By hand: the schemas of `proto/trace.ts` would cost every router megabytes. `undefined`: no order. */
export function readTraceOrder(json: unknown): TraceOrder | undefined {
  if (typeof json !== 'object' || json === null) return undefined;
  const { id, forMs, figures } = json as Readonly<Record<string, unknown>>;
  if (typeof id !== 'string' || !ID.test(id)) return undefined;
  if (typeof forMs !== 'number' || !(forMs >= 0)) return undefined;
  return { id, forMs: Math.min(forMs, MAX_TRACE_MS), figures: figures === true };
}

/** The id in `sprue.trace.stop`. */
export function readTraceId(json: unknown): string {
  if (typeof json !== 'object' || json === null) return '';
  const { id } = json as Readonly<Record<string, unknown>>;
  return typeof id === 'string' ? id : '';
}
