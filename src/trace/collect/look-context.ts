import type { TraceStart } from '../../proto/trace.ts';

/** For whom and about which request an agent looks. */
export interface LookContext {
  readonly start: TraceStart;
  readonly agent: string;
  readonly requestId: string;
  /** Its watch stood before the request was sent. */
  readonly wasWatching: boolean;
}
