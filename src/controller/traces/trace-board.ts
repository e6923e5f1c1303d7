import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Bus } from '../../bus/bus.ts';
import { reasonOf, SprueError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { SUBJECTS } from '../../proto/subjects.ts';
import { observationSchema, type TraceStart, traceArmedSchema } from '../../proto/trace.ts';
import type { SilentAgent } from '../../proto/v3/trace.ts';
import { Trace } from './trace.ts';

const MAX_TRACES = 64;
/** Agents that did not answer until then are called silent. */
const ARM_TIMEOUT_MS = 800;
/** A trace can be read for this long after its agents have disarmed. */
const KEEP_MS = 10_000;

const ID_ONLY = z.object({ trace: z.string() });

/** All traces under way. Starts and stops the agents' collectors and gathers what they say. */
export class TraceBoard {
  readonly #bus: Bus;
  readonly #log: Log;
  readonly #stopping: AbortSignal;
  readonly #traces = new Map<string, { readonly trace: Trace; readonly expiry: NodeJS.Timeout }>();

  constructor(bus: Bus, log: Log, signal: AbortSignal) {
    this.#bus = bus;
    this.#log = log;
    const subscriptions = [
      bus.subscribe(SUBJECTS.traceArmed, message => this.#receiveArmed(message.json())),
      bus.subscribe(SUBJECTS.traceObservation, message => this.#receive(message.json())),
    ];
    this.#stopping = signal;
    signal.addEventListener('abort', () => {
      for (const subscription of subscriptions) subscription.unsubscribe();
      for (const id of [...this.#traces.keys()]) this.#forget(id);
    });
  }

  /**
   * Asks all agents to look out for one request, and waits until they stand ready.
   * @param expected who should answer
   * @throws SprueError `TRACES_BUSY`
   */
  async start(
    owner: string,
    what: Omit<TraceStart, 'id'>,
    expected: readonly SilentAgent[],
  ): Promise<Trace> {
    if (this.#traces.size >= MAX_TRACES) {
      throw new SprueError('TRACES_BUSY', { count: MAX_TRACES });
    }
    const id = randomBytes(16).toString('hex');
    const trace = new Trace({ id, owner, ...what, expected });
    const expiry = setTimeout(() => this.#forget(id), what.forMs + KEEP_MS);
    this.#traces.set(id, { trace, expiry });
    this.#bus.publish(SUBJECTS.traceStart, { id, ...what } satisfies TraceStart);
    await trace.until(() => trace.silent.length === 0, ARM_TIMEOUT_MS, this.#stopping);
    return trace;
  }

  /** @throws SprueError `RESOURCE_NOT_FOUND` also when it is somebody else's */
  get(id: string, owner: string): Trace {
    const trace = this.#traces.get(id)?.trace;
    if (trace?.owner !== owner) throw new SprueError('RESOURCE_NOT_FOUND', { kind: 'Trace' });
    return trace;
  }

  /** Tells the agents to report what they have and to disarm. The trace can still be read. */
  disarm(trace: Trace): void {
    this.#bus.publish(SUBJECTS.traceStop, { id: trace.id });
  }

  /** Disarms and forgets. */
  end(trace: Trace): void {
    this.disarm(trace);
    this.#forget(trace.id);
  }

  #forget(id: string): void {
    clearTimeout(this.#traces.get(id)?.expiry);
    this.#traces.delete(id);
  }

  #receive(json: unknown): void {
    const { trace: id } = ID_ONLY.parse(json);
    const trace = this.#traces.get(id)?.trace;
    if (trace === undefined) return; // over, or another controller's
    const parsed = observationSchema.safeParse(json);
    if (!parsed.success) {
      this.#log.warn({ trace: id, reason: reasonOf(parsed.error) }, 'observation cannot be read');
    } else if (parsed.data.role !== 'client' && !trace.add(parsed.data)) {
      this.#log.warn({ trace: id }, 'too many observations of one trace');
    }
  }

  #receiveArmed(json: unknown): void {
    const armed = traceArmedSchema.parse(json);
    this.#traces.get(armed.trace)?.trace.addArmed(armed);
  }
}
