import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../core/clock.ts';
import { reasonOf } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { timestampNsOf } from '../../proto/log-record.ts';
import { type AppLine, LineJoiner } from './line-joiner.ts';
import { LogFile, type LogPosition } from './log-file.ts';
import { RateLimit } from './rate-limit.ts';

export interface LogTailOptions {
  readonly path: string;
  /** Where an earlier agent stopped; without it, the beginning. */
  readonly position: LogPosition | undefined;
  /**
   * Takes lines for good: resolves when they are safe, rejects when that is uncertain. Then it gets the
   * same lines again with `uncertain` set, since some may have been stored.
   */
  readonly deliver: (lines: readonly AppLine[], uncertain: boolean) => Promise<void>;
  /** Remembers where the lines that are safe end. */
  readonly save: (position: LogPosition) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
}

const BATCH_BYTES = 128 * 1024;
/** Lines are collected for this long after the first one. */
const COLLECT_MS = 50;
/** Between two batches while there is more. */
const PACE_MS = 50;
const RETRY_MS = 1_000;
/** Whoever lags behind by more loses the oldest, so that a flood cannot keep the agent busy for ever. */
const BACKLOG_BYTES = 4 * 2 ** 20;
const LINES_PER_SECOND = 1_000;
const LINES_BURST = 4_000;

/** Follows the output of one container without polling. */
export class LogTail {
  readonly #options: LogTailOptions;
  readonly #file: LogFile;
  readonly #joiner = new LineJoiner();
  readonly #rate: RateLimit;
  readonly #abort = new AbortController();
  /** Nobody can say what of the first batch an earlier agent has delivered. */
  #uncertain: boolean;
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #pumping: Promise<void> = Promise.resolve();
  #queued: Promise<void> | undefined;
  #dropped = 0;

  constructor(options: LogTailOptions) {
    this.#options = options;
    this.#file = new LogFile(options.path, options.position);
    this.#uncertain = options.position !== undefined;
    const nowMs = options.clock.now();
    this.#rate = new RateLimit({ perSecond: LINES_PER_SECOND, burst: LINES_BURST, nowMs });
  }

  start(): void {
    const name = basename(this.#options.path);
    this.#watcher = watch(dirname(this.#options.path), { persistent: false }, (_event, changed) => {
      if (changed === name) this.#wake();
    });
    this.#watcher.on('error', () => {}); // the folder is gone: finish() or stop() follows
    this.#wake();
  }

  /** Delivers what is there to the end of the file, also when the file is deleted meanwhile. */
  async finish(): Promise<void> {
    this.#stopWatching();
    await this.#pump();
    const rest = this.#joiner.flush();
    if (this.#dropped > 0) rest.push(this.#notice(`${this.#dropped} lines were dropped`));
    if (rest.length > 0) await this.#deliver(rest);
    await this.#file.close();
  }

  /** Leaves the rest to the next agent. */
  async stop(): Promise<void> {
    this.#stopWatching();
    this.#abort.abort();
    await this.#pumping;
    await this.#file.close();
  }

  #stopWatching(): void {
    clearTimeout(this.#timer);
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  #wake(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#pump();
    }, COLLECT_MS).unref();
  }

  /** One at a time, in order, and at most one more that waits. */
  #pump(): Promise<void> {
    if (this.#queued !== undefined) return this.#queued;
    const queued = this.#pumping.then(() => {
      this.#queued = undefined;
      return this.#readToEnd().catch(thrown => {
        if (this.#abort.signal.aborted) return;
        this.#options.log.warn({ reason: reasonOf(thrown) }, 'log of a container cannot be read');
      });
    });
    this.#queued = queued;
    this.#pumping = queued;
    return queued;
  }

  async #readToEnd(): Promise<void> {
    for (;;) {
      this.#abort.signal.throwIfAborted();
      await this.#skipBacklog();
      const chunk = await this.#file.read(BATCH_BYTES);
      if (chunk === undefined) return;
      const lines = this.#join(chunk.bytes, chunk.offset);
      if (lines.length > 0) await this.#deliver(this.#limit(lines));
      const offset = this.#joiner.resumeOffset(this.#file.offset);
      await this.#options.save({ inode: this.#file.inode, offset });
      if (chunk.bytes.length > BATCH_BYTES / 2) {
        await delay(PACE_MS, undefined, { signal: this.#abort.signal });
      }
    }
  }

  async #skipBacklog(): Promise<void> {
    const backlog = await this.#file.backlogBytes();
    if (backlog <= BACKLOG_BYTES) return;
    const skipped = backlog - BATCH_BYTES;
    this.#file.skip(skipped);
    await this.#deliver([this.#notice(`${skipped} bytes of output were dropped`)]);
  }

  #join(bytes: Buffer, offset: number): AppLine[] {
    const lines: AppLine[] = [];
    for (let start = 0; start < bytes.length; ) {
      const newline = bytes.indexOf(0x0a, start);
      const end = newline < 0 ? bytes.length : newline;
      const line = this.#joiner.add(bytes.toString('utf8', start, end), offset + start);
      if (line !== undefined) lines.push(line);
      start = end + 1;
    }
    return lines;
  }

  #limit(lines: readonly AppLine[]): readonly AppLine[] {
    const allowed = this.#rate.take(lines.length, this.#options.clock.now());
    const passed = lines.slice(0, allowed);
    const before = this.#dropped;
    this.#dropped += lines.length - allowed;
    if (before === 0 || this.#dropped > before) return passed;
    this.#dropped = 0;
    return [this.#notice(`${before} lines were dropped`), ...passed];
  }

  #notice(what: string): AppLine {
    const text = `${what}: the app writes more than ${LINES_PER_SECOND} lines per second`;
    return { timestampNs: timestampNsOf(this.#options.clock.now()), type: 'ERR', text };
  }

  async #deliver(lines: readonly AppLine[]): Promise<void> {
    for (;;) {
      this.#abort.signal.throwIfAborted();
      try {
        await this.#options.deliver(lines, this.#uncertain);
        this.#uncertain = false;
        return;
      } catch {
        this.#uncertain = true; // NATS is away; the file keeps what comes meanwhile
        await delay(RETRY_MS, undefined, { signal: this.#abort.signal });
      }
    }
  }
}
