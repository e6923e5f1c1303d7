import { randomBytes } from 'node:crypto';
import { Bus } from '../../src/bus/bus.ts';
import { silentLog } from '../../src/core/log.ts';
import { SUBJECTS } from '../../src/proto/subjects.ts';
import {
  type Flow,
  type Observation,
  type ObservationOf,
  observationSchema,
  type RouterObservation,
  type TraceArmed,
  type TraceAttempt,
  type TraceStart,
  traceArmedSchema,
} from '../../src/proto/trace.ts';
import { eventually } from '../kit/eventually.ts';
import { type NatsServer, startNatsServer } from '../kit/nats-server.ts';

/** A bus, with somebody who orders traces and hears what agents say of them. */
export class TraceDesk implements AsyncDisposable {
  readonly nats: NatsServer;
  readonly bus: Bus;
  readonly armed: TraceArmed[] = [];
  readonly #seen: Observation[] = [];

  private constructor(nats: NatsServer, bus: Bus) {
    this.nats = nats;
    this.bus = bus;
    bus.subscribe(SUBJECTS.traceArmed, message =>
      this.armed.push(traceArmedSchema.parse(message.json())),
    );
    bus.subscribe(SUBJECTS.traceObservation, message =>
      this.#seen.push(observationSchema.parse(message.json())),
    );
  }

  static async open(): Promise<TraceDesk> {
    const nats = await startNatsServer();
    const bus = await Bus.connect({ servers: [nats.url], name: 'test', log: silentLog });
    return new TraceDesk(nats, bus);
  }

  /** A connection for an agent. */
  connect(): Promise<Bus> {
    return Bus.connect({ servers: [this.nats.url], name: 'agent', log: silentLog });
  }

  /** Orders a trace and waits until one agent stands ready. */
  async start(flow: Flow, changes: Partial<TraceStart> = {}): Promise<string> {
    const id = randomBytes(16).toString('hex');
    const what = { forMs: 10_000, host: 'app.test', path: '/', appGuids: [], figures: false };
    this.bus.publish(SUBJECTS.traceStart, { id, flow, ...what, ...changes } satisfies TraceStart);
    await eventually(() => this.armed.some(({ trace }) => trace === id));
    return id;
  }

  stop(id: string): void {
    this.bus.publish(SUBJECTS.traceStop, { id });
  }

  /** Says what a router would say. */
  tellRouter(trace: string, client: Flow, attempts: readonly TraceAttempt[]): void {
    const record: RouterObservation = {
      ...{ trace, host: 'router-1', atMs: Date.now(), raw: [], source: 'router', role: 'router' },
      ...{ agent: 'router-1', client, requestId: 'r', status: 200, totalMs: 1 },
      attempts: [...attempts],
    };
    this.bus.publish(SUBJECTS.traceObservation, record);
  }

  of<S extends Observation['source']>(trace: string, source: S): ObservationOf<S>[] {
    return this.#seen.filter(
      (item): item is ObservationOf<S> => item.trace === trace && item.source === source,
    );
  }

  async first<S extends Observation['source']>(
    trace: string,
    source: S,
  ): Promise<ObservationOf<S>> {
    await eventually(() => this.of(trace, source).length > 0);
    return this.of(trace, source)[0] as ObservationOf<S>;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.bus.close();
    await this.nats.stop();
  }
}

export function flow(source: string, destination: string): Flow {
  return { source: address(source), destination: address(destination) };
}

/** `192.0.2.1:80` */
export function address(text: string): Flow['source'] {
  const [host = '', port] = text.split(':');
  return { host, port: Number(port) };
}
