import type { Observation } from '../../proto/trace.ts';
import type { TraceCreate, TraceCreated, TraceSnapshot } from '../../proto/v3/trace.ts';
import type { Rest } from './rest.ts';

/** Traces of single requests. */
export class TracesApi {
  readonly #rest: Rest;

  constructor(rest: Rest) {
    this.#rest = rest;
  }

  /** @throws SprueError `TRACE_FOREIGN`, `TRACES_BUSY` */
  begin(what: TraceCreate): Promise<TraceCreated> {
    return this.#rest.post('/sprue/v1/traces', what);
  }

  async tell(id: string, observations: readonly Observation[]): Promise<void> {
    await this.#rest.send({
      method: 'POST',
      path: `/sprue/v1/traces/${id}/observations`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ observations }),
    });
  }

  /** What was seen so far: as soon as it is complete, or when the time is up. */
  read(id: string, waitMs: number, signal: AbortSignal): Promise<TraceSnapshot> {
    return this.#rest.get(`/sprue/v1/traces/${id}`, { query: { wait_ms: waitMs }, signal });
  }

  async end(id: string): Promise<void> {
    await this.#rest.delete(`/sprue/v1/traces/${id}`);
  }
}
