import type { AccessLog, AccessRecord } from '../wire/access-record.ts';
import { type AccessLineOptions, formatAccessLine } from './access-line.ts';
import { LineWriter, type LineWriterOptions } from './line-writer.ts';

export interface AccessLogTargets {
  /** Appended to; survives `copytruncate` of logrotate. */
  readonly file: string | undefined;
  readonly toStdout: boolean;
}

/** The access log: one line per request, in a file, on standard output, both or nowhere. */
export class BufferedAccessLog implements AccessLog {
  readonly #line: AccessLineOptions;
  readonly #writers: LineWriter[] = [];

  /** Opens the file. @throws the system's error when it cannot be opened. */
  constructor(targets: AccessLogTargets, line: AccessLineOptions, options: LineWriterOptions = {}) {
    this.#line = line;
    if (targets.file !== undefined) this.#writers.push(new LineWriter(targets.file, options));
    if (targets.toStdout) this.#writers.push(new LineWriter(STDOUT, options));
  }

  /** Lines that a slow or full disk cost. */
  get dropped(): number {
    return this.#writers.reduce((sum, writer) => sum + writer.dropped, 0);
  }

  write(record: AccessRecord): void {
    const writers = this.#writers;
    if (writers.length === 0) return;
    const line = formatAccessLine(record, this.#line);
    for (let index = 0; index < writers.length; index++) writers[index]?.append(line);
  }

  /** Writes what is pending, then closes. */
  async close(): Promise<void> {
    await Promise.all(this.#writers.map(writer => writer.close()));
  }
}

const STDOUT = 1;
