import type { ObservationOf, TraceStart } from '../../proto/trace.ts';

/** For whom and about what an agent looks. */
export interface LookContext {
  readonly start: TraceStart;
  readonly agent: string;
  readonly subject: ObservationOf<'dea-nat'>['subject'];
}
