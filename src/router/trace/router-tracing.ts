import { hostname } from 'node:os';
import type { Bus, BusSubscription } from '../../bus/bus.ts';
import { reasonOf } from '../../core/errors.ts';
import { ExpiringMap } from '../../core/expiring-map.ts';
import type { Log } from '../../core/log.ts';
import { HEADER } from '../../http1/header-id.ts';
import type { RequestHead } from '../../http1/request-head.ts';
import { SUBJECTS } from '../../proto/subjects.ts';
import type { Evidence, RouterObservation, TraceArmed } from '../../proto/trace.ts';
import { MAX_ARMED_TRACES } from '../../proto/trace-limits.ts';
import type { AccessRecord } from '../wire/access-record.ts';
import type { RequestTrace, RequestTracing } from '../wire/request-trace.ts';
import { routerObservation } from './observation.ts';
import { readTraceId, readTraceOrder, type TraceOrder } from './trace-order.ts';

/** What the router's machine looks like from the network's side; for learners. */
export type RouterViews = (observation: RouterObservation) => Promise<readonly Evidence[]>;

export interface RouterTracingOptions {
  readonly bus: Bus;
  readonly log: Log;
  /** How this router is known to the others. */
  readonly id: string;
  /** Needs other programs, which a router does not run by itself. */
  readonly views?: RouterViews;
}

/** Waits for marked requests, while somebody traces, and publishes what became of them. */
export class RouterTracing implements RequestTracing {
  /** Read for every request. */
  isArmed = false;
  readonly #options: RouterTracingOptions;
  readonly #armed = new ExpiringMap<TraceOrder>(MAX_ARMED_TRACES, () => this.#update());
  #subscriptions: readonly BusSubscription[] = [];

  constructor(options: RouterTracingOptions) {
    this.#options = options;
  }

  start(): void {
    const { bus } = this.#options;
    this.#subscriptions = [
      bus.subscribe(SUBJECTS.traceStart, message => this.#arm(message.json())),
      bus.subscribe(SUBJECTS.traceStop, message => this.#armed.delete(readTraceId(message.json()))),
    ];
  }

  stop(): void {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    this.#armed.clear();
  }

  traceOf({ headers }: RequestHead): string | undefined {
    for (let index = 0; index < headers.count; index++) {
      if (headers.ids[index] !== HEADER.xSprueTrace) continue;
      const id = headers.value(index);
      return this.#armed.has(id) ? id : undefined;
    }
    return undefined;
  }

  report(trace: RequestTrace, record: AccessRecord): void {
    this.#publish(trace, record).catch(thrown =>
      this.#options.log.warn({ trace: trace.id, reason: reasonOf(thrown) }, 'trace-failed'),
    );
  }

  async #publish(trace: RequestTrace, record: AccessRecord): Promise<void> {
    const { bus, id: agent, views } = this.#options;
    const wantsViews = this.#armed.get(trace.id)?.figures === true;
    const observation = await routerObservation(trace, record, { agent, host: hostname() });
    const shown = wantsViews && views ? { views: [...(await views(observation))] } : {};
    bus.publish(SUBJECTS.traceObservation, { ...observation, ...shown });
  }

  #arm(json: unknown): void {
    const order = readTraceOrder(json);
    if (order === undefined) return;
    const { bus, id: agent } = this.#options;
    const isNew = this.#armed.add(order.id, order, order.forMs);
    this.#update();
    const problem = `it watches for ${MAX_ARMED_TRACES} other requests already`;
    const answer = { trace: order.id, role: 'router', agent, host: hostname() } as const;
    const armed: TraceArmed = isNew ? answer : { ...answer, problem };
    bus.publish(SUBJECTS.traceArmed, armed);
  }

  #update(): void {
    this.isArmed = this.#armed.size > 0;
  }
}
