import type { Log } from '../../core/log.ts';
import type { Observation, RouterObservation, TraceStart } from '../../proto/trace.ts';
import { ask } from './ask.ts';
import type { Collector } from './collector.ts';
import { observeEdgeNat } from './observe-edge-nat.ts';
import { SynWatch } from './syn-watch.ts';
import type { WatchScope } from './watch-table.ts';

export interface EdgeCollectorOptions {
  readonly edgeId: string;
  readonly log: Log;
}

const TABLE = 'inet sprue-trace-edge';

interface ArmedTrace {
  readonly start: TraceStart;
  readonly endMs: number;
}

/** The floating IP's NAT, for connections to a floating IP that this edge holds. */
export class EdgeCollector implements Collector {
  readonly role = 'edge';
  readonly #options: EdgeCollectorOptions;
  readonly #watch: SynWatch;
  readonly #armed = new Map<string, ArmedTrace>();

  constructor(options: EdgeCollectorOptions) {
    this.#options = options;
    this.#watch = new SynWatch(TABLE, async () => this.#scope(), options.log);
  }

  async tidy(): Promise<void> {
    this.#armed.clear();
    await this.#watch.update();
  }

  async arm(start: TraceStart): Promise<string | undefined> {
    if (!(await isHeld(start.flow.destination.host))) return undefined; // it will not come past here
    this.#armed.set(start.id, { start, endMs: performance.now() + start.forMs });
    await this.#watch.update();
    return this.#watch.problem;
  }

  async look(start: TraceStart, record: RouterObservation): Promise<Observation[]> {
    if (!this.#armed.has(start.id)) return [];
    return [await observeEdgeNat(start, this.#options.edgeId, record, this.#watch)];
  }

  async lookWithoutRouter(start: TraceStart): Promise<Observation[]> {
    if (!this.#armed.has(start.id)) return [];
    return [await observeEdgeNat(start, this.#options.edgeId, undefined, this.#watch)];
  }

  async disarm(id: string): Promise<void> {
    if (this.#armed.delete(id)) await this.#watch.update();
  }

  #scope(): WatchScope | undefined {
    if (this.#armed.size === 0) return undefined;
    const nowMs = performance.now();
    const flows = [...this.#armed.values()].map(({ start, endMs }) => ({
      flow: start.flow,
      forMs: Math.max(0, endMs - nowMs),
    }));
    return { type: 'flows', flows };
  }
}

/** Whether an address is a floating IP of this edge. */
async function isHeld(address: string): Promise<boolean> {
  const { ok } = await ask([
    'nft',
    'get',
    'element',
    'inet',
    'sprue-edge',
    'floating',
    `{ ${address} }`,
  ]);
  return ok;
}
