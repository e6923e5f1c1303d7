import type { EventStream } from '../../bus/event-stream.ts';
import type { Clock } from '../../core/clock.ts';
import type { Guid } from '../../core/ids.ts';
import { type LogRecord, timestampNsOf } from '../../proto/log-record.ts';
import { logSubject } from '../../proto/subjects.ts';

/** Lines that the API itself writes into an app's log, with the source `API`. */
export class AppLog {
  readonly #stream: EventStream;
  readonly #clock: Clock;

  constructor(stream: EventStream, clock: Clock) {
    this.#stream = stream;
    this.#clock = clock;
  }

  write(appGuid: Guid, text: string): void {
    const record: LogRecord = {
      timestampNs: timestampNsOf(this.#clock.now()),
      type: 'OUT',
      source: 'API',
      instance: '0',
      text,
    };
    this.#stream.append(logSubject(appGuid), JSON.stringify(record));
  }
}
