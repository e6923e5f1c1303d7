import {
  type Consumer,
  DeliverPolicy,
  DiscardPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamClient,
  type JsMsg,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream';
import { type Nanos, nanos } from '@nats-io/transport-node';
import type { Bus } from './bus.ts';

export interface EventStreamOptions {
  readonly name: string;
  readonly subjects: readonly string[];
  readonly maxMessagesPerSubject: number;
  readonly maxBytes: number;
  readonly maxAgeMs: number;
}

export interface StreamRecord {
  readonly subject: string;
  readonly sequence: number;
  /** Nanoseconds since the epoch, when the server stored the record. */
  readonly storedNs: bigint;
  text(): string;
}

export interface ReadOptions {
  readonly subject: string;
  /** Only records stored at this moment or later. */
  readonly fromMs?: number;
  /** At most this many, the newest. */
  readonly limit: number;
}

/** An append-only stream with a bound on age, bytes and records per subject; the oldest go first. */
export class EventStream {
  readonly #bus: Bus;
  readonly #name: string;
  readonly #js: JetStreamClient;

  private constructor(bus: Bus, name: string) {
    this.#bus = bus;
    this.#name = name;
    this.#js = jetstream(bus.connection);
  }

  /** Opens the stream, creates it when it is missing, and brings its limits up to date when they differ. */
  static async open(bus: Bus, options: EventStreamOptions): Promise<EventStream> {
    const { streams } = await jetstreamManager(bus.connection);
    const config = configOf(options);
    const present = await streams.info(options.name).catch(thrown => {
      if (isNotFound(thrown)) return undefined;
      throw thrown;
    });
    if (present === undefined) await streams.add(config);
    else if (!agrees(present.config, config)) await streams.update(options.name, config);
    return new EventStream(bus, options.name);
  }

  /** Appends without waiting for the server: for logs, where order matters and loss is bearable. */
  append(subject: string, record: string): void {
    this.#bus.connection.publish(subject, record);
  }

  /** Appends and waits until the server has stored it. */
  async store(subject: string, record: string): Promise<void> {
    await this.#js.publish(subject, record);
  }

  /** The newest records of the subjects that match, oldest first. */
  async read(options: ReadOptions): Promise<StreamRecord[]> {
    const consumer = await this.#js.consumers.get(this.#name, {
      filter_subjects: options.subject, // as an array it needs nats-server 2.10
      deliver_policy: options.fromMs === undefined ? DeliverPolicy.All : DeliverPolicy.StartTime,
      ...(options.fromMs !== undefined && {
        opt_start_time: new Date(options.fromMs).toISOString(),
      }),
    });
    try {
      const total = (await consumer.info(true)).num_pending;
      return await readRecords(consumer, total, options.limit);
    } finally {
      await consumer.delete().catch(() => {}); // else the server keeps it for five minutes
    }
  }

  /** Hands on every record that comes from now on, until `signal` aborts. */
  follow(
    subject: string,
    handler: (subject: string, text: string) => void,
    signal: AbortSignal,
  ): void {
    const subscription = this.#bus.subscribe(subject, message =>
      handler(message.subject, message.text()),
    );
    signal.addEventListener('abort', () => subscription.unsubscribe(), { once: true });
  }

  /** Removes all records of the subjects that match. */
  async purge(subject: string): Promise<void> {
    const manager = await jetstreamManager(this.#bus.connection);
    await manager.streams.purge(this.#name, { filter: subject });
  }
}

function configOf(options: EventStreamOptions) {
  return {
    name: options.name,
    subjects: [...options.subjects],
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    storage: StorageType.File,
    max_msgs_per_subject: options.maxMessagesPerSubject,
    max_bytes: options.maxBytes,
    max_age: nanos(options.maxAgeMs) as Nanos,
    allow_direct: true,
  };
}

/** Whether a stream is as wanted: then a user that may not change streams can open it too. */
function agrees(present: object, wanted: object): boolean {
  const actual = present as Record<string, unknown>;
  return Object.entries(wanted).every(
    ([key, value]) => JSON.stringify(actual[key]) === JSON.stringify(value),
  );
}

function isNotFound(thrown: unknown): boolean {
  return thrown instanceof JetStreamApiError && thrown.code === JetStreamApiCodes.StreamNotFound;
}

/** Reads `total` records, those that were there at the start, and keeps the last `limit`. */
async function readRecords(
  consumer: Consumer,
  total: number,
  limit: number,
): Promise<StreamRecord[]> {
  const records: StreamRecord[] = [];
  if (total === 0 || limit <= 0) return records;
  let skip = total - limit;
  const messages = await consumer.consume({ max_messages: READ_AHEAD });
  const stalled = setTimeout(() => messages.stop(), READ_STALL_MS);
  for await (const message of messages) {
    stalled.refresh();
    if (skip-- <= 0) records.push(toRecord(message));
    if (records.length >= limit || message.info.pending === 0) break;
  }
  clearTimeout(stalled);
  return records;
}

const READ_AHEAD = 500;
/** Records that were counted may be gone before they could be read; then no more come. */
const READ_STALL_MS = 5_000;

function toRecord(message: JsMsg): StreamRecord {
  return {
    subject: message.subject,
    sequence: message.seq,
    storedNs: BigInt(message.timestampNanos),
    text: () => message.string(),
  };
}
