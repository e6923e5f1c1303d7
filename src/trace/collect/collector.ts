import type { Observation, RouterObservation, TraceStart } from '../../proto/trace.ts';

/** What an agent of one role can tell of a trace. {@link HostCollector} knows when to ask. */
export interface Collector {
  readonly role: 'dea' | 'edge';
  /** Removes what an earlier process of this agent left behind, if any. */
  tidy(): Promise<void>;
  /** Sets up what must stand before the request is sent. @returns why it could not, in a sentence */
  arm(start: TraceStart): Promise<string | undefined>;
  /** A router's record names the connections: looks for those that concern this host. */
  look(start: TraceStart, record: RouterObservation): Promise<Observation[]>;
  /** The trace is stopped and no router told of the request. */
  lookWithoutRouter(start: TraceStart): Promise<Observation[]>;
  /** The trace is over. Idempotent. */
  disarm(id: string): Promise<void>;
}
