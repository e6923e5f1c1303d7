import { hostname } from 'node:os';
import type { Bus, BusSubscription } from '../../bus/bus.ts';
import { reasonOf } from '../../core/errors.ts';
import { ExpiringMap } from '../../core/expiring-map.ts';
import type { Log } from '../../core/log.ts';
import { SUBJECTS } from '../../proto/subjects.ts';
import {
  type Observation,
  observationSchema,
  type TraceArmed,
  type TraceStart,
  traceStartSchema,
  traceStopSchema,
} from '../../proto/trace.ts';
import { MAX_ARMED_TRACES } from '../../proto/trace-limits.ts';
import type { Collector } from './collector.ts';

export interface HostCollectorOptions {
  readonly bus: Bus;
  /** How this agent is known to the others. */
  readonly agent: string;
  readonly collector: Collector;
  readonly log: Log;
}

interface Armed {
  readonly start: TraceStart;
  /** A router has told of the request. */
  hasRecord: boolean;
}

/** Routers' records of one trace that are looked at: a mark may be sent again and again. */
const MAX_RECORDS = 5;

/**
 * The collectors of one host: stand while somebody traces, look when a router says where, and are gone
 * at the trace's end, also when nobody ends it.
 */
export class HostCollector {
  readonly #options: HostCollectorOptions;
  readonly #armed = new ExpiringMap<Armed>(MAX_ARMED_TRACES, id => void this.#disarm(id));
  readonly #records = new Map<string, number>();
  #subscriptions: readonly BusSubscription[] = [];

  private constructor(options: HostCollectorOptions) {
    this.#options = options;
  }

  static async start(options: HostCollectorOptions): Promise<HostCollector> {
    const collector = new HostCollector(options);
    await options.collector.tidy();
    collector.#subscribe();
    return collector;
  }

  async stop(): Promise<void> {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    this.#armed.clear();
    await this.#options.collector.tidy();
  }

  #subscribe(): void {
    const { bus } = this.#options;
    const on = (subject: string, handle: (json: unknown) => Promise<void>) =>
      bus.subscribe(subject, message => {
        handle(message.json()).catch(thrown => this.#warn(subject, thrown));
      });
    this.#subscriptions = [
      on(SUBJECTS.traceStart, json => this.#arm(traceStartSchema.parse(json))),
      on(SUBJECTS.traceStop, json => this.#end(traceStopSchema.parse(json).id)),
      on(SUBJECTS.traceObservation, json => this.#hear(json)),
    ];
  }

  async #arm(start: TraceStart): Promise<void> {
    const { bus, agent, collector } = this.#options;
    const isArmed = this.#armed.add(start.id, { start, hasRecord: false }, start.forMs);
    const problem = isArmed
      ? await collector.arm(start)
      : `it watches for ${MAX_ARMED_TRACES} other requests already`;
    const armed: TraceArmed = {
      trace: start.id,
      role: collector.role,
      agent,
      host: hostname(),
      ...(problem !== undefined && { problem }),
    };
    bus.publish(SUBJECTS.traceArmed, armed);
  }

  /** Everybody's observations pass here; only routers' are of interest. */
  async #hear(json: unknown): Promise<void> {
    const { trace, source } = (json ?? {}) as Partial<Observation>;
    const armed = this.#armed.get(trace ?? '');
    if (armed === undefined || source !== 'router') return;
    const record = observationSchema.parse(json);
    const count = (this.#records.get(record.trace) ?? 0) + 1;
    this.#records.set(record.trace, count);
    if (record.source !== 'router' || count > MAX_RECORDS) return;
    armed.hasRecord = true;
    this.#publish(await this.#options.collector.look(armed.start, record));
  }

  async #end(id: string): Promise<void> {
    const armed = this.#armed.get(id);
    if (armed !== undefined && !armed.hasRecord) {
      this.#publish(await this.#options.collector.lookWithoutRouter(armed.start));
    }
    this.#armed.delete(id);
  }

  #publish(observations: readonly Observation[]): void {
    for (const item of observations) this.#options.bus.publish(SUBJECTS.traceObservation, item);
  }

  async #disarm(id: string): Promise<void> {
    this.#records.delete(id);
    await this.#options.collector.disarm(id);
  }

  #warn(subject: string, thrown: unknown): void {
    this.#options.log.warn({ subject, reason: reasonOf(thrown) }, 'trace: collecting failed');
  }
}
