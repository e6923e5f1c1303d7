import { setTimeout as delay } from 'node:timers/promises';
import type { EventStream } from '../../bus/event-stream.ts';
import type { Clock } from '../../core/clock.ts';
import type { Guid } from '../../core/ids.ts';
import { type LogRecord, parseLogRecord, timestampNsOf } from '../../proto/log-record.ts';
import { LOG_STREAM, logSubject } from '../../proto/subjects.ts';

export type LogStream = Pick<EventStream, 'append' | 'store' | 'read'>;

export interface LogPublisherOptions {
  readonly stream: LogStream;
  /** Resolves when the stream can be reached; rejects when that is not waited for any more. */
  readonly ready: () => Promise<void>;
  readonly clock: Clock;
}

/** Clocks of the app's host and of the server that stores its log may differ by this. */
const CLOCK_SKEW_MS = 60_000;

/** Lines of the platform that wait for NATS; the oldest go first. */
const MOST_WAITING = 1_000;
const RETRY_MS = 1_000;

/** Writes records into the log stream. */
export class LogPublisher {
  readonly #stream: LogStream;
  readonly #ready: () => Promise<void>;
  readonly #clock: Clock;
  readonly #waiting: { readonly subject: string; readonly record: string }[] = [];
  #sending = false;

  constructor(options: LogPublisherOptions) {
    this.#stream = options.stream;
    this.#ready = options.ready;
    this.#clock = options.clock;
  }

  /** A line of the platform itself. It is not waited for, but kept until NATS has it. */
  say(appGuid: Guid, line: Pick<LogRecord, 'source' | 'instance' | 'text'>): void {
    const record: LogRecord = {
      timestampNs: timestampNsOf(this.#clock.now()),
      type: 'OUT',
      ...line,
    };
    this.#waiting.push({ subject: logSubject(appGuid), record: JSON.stringify(record) });
    if (this.#waiting.length > MOST_WAITING) this.#waiting.shift();
    void this.#send();
  }

  /** Stores records in order. @returns when all of them are safe; rejects when that is uncertain. */
  async store(appGuid: Guid, records: readonly LogRecord[]): Promise<void> {
    const subject = logSubject(appGuid);
    const last = records.at(-1);
    if (last === undefined) return;
    await this.#ready();
    for (const record of records.slice(0, -1)) this.#stream.append(subject, JSON.stringify(record));
    await this.#stream.store(subject, JSON.stringify(last)); // one stream, one order: the last is after all
  }

  /** Those records that the stream does not have yet. A line's time is exact to the nanosecond. */
  async missing(appGuid: Guid, records: readonly LogRecord[]): Promise<readonly LogRecord[]> {
    const [first] = records;
    if (first === undefined) return [];
    await this.#ready();
    const stored = await this.#stream.read({
      subject: logSubject(appGuid),
      fromMs: Number(BigInt(first.timestampNs) / 1_000_000n) - CLOCK_SKEW_MS,
      limit: LOG_STREAM.maxMessagesPerSubject,
    });
    const known = new Set(stored.map(record => identityOf(parseLogRecord(record.text()))));
    return records.filter(record => !known.has(identityOf(record)));
  }

  async #send(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (!(await this.#isReady())) break;
      try {
        await this.#stream.store(next.subject, next.record);
        if (this.#waiting[0] === next) this.#waiting.shift();
      } catch {
        await delay(RETRY_MS, undefined, { ref: false });
      }
    }
    this.#sending = false;
  }

  async #isReady(): Promise<boolean> {
    return await this.#ready().then(
      () => true,
      () => false,
    );
  }
}

function identityOf(record: LogRecord | undefined): string {
  if (record === undefined) return '';
  const { timestampNs, type, source, instance, text } = record;
  return [timestampNs, type, source, instance, text].join(' ');
}
