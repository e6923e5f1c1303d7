import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Clock } from '../../core/clock.ts';
import type { InstanceId } from '../../core/ids.ts';
import { readJsonFile, writeJsonFile } from '../../core/json-file.ts';
import type { Log } from '../../core/log.ts';
import type { DesiredInstance } from '../../proto/desired-instance.ts';
import type { LogRecord } from '../../proto/log-record.ts';
import { lastLines } from './last-lines.ts';
import type { AppLine } from './line-joiner.ts';
import type { LogPosition } from './log-file.ts';
import type { LogPublisher } from './log-publisher.ts';
import { LogTail } from './log-tail.ts';

export interface InstanceLogsOptions {
  readonly publisher: LogPublisher;
  /** Path of the file that a container's output goes to. */
  readonly logPath: (instanceId: InstanceId) => string;
  /** Where positions are kept over a restart of the agent. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** A log that cannot be delivered delays the end of an instance by no more than this. */
const FINISH_TIMEOUT_MS = 2_000;
/** Lines of a crash report. */
const LAST_LINES = 10;

const positionSchema = z.object({ inode: z.number(), offset: z.number() });

/** The logs of all instances of this host: what they write, and what the DEA says about them. */
export class InstanceLogs {
  readonly #options: InstanceLogsOptions;
  readonly #tails = new Map<InstanceId, LogTail>();
  readonly #ending = new Set<LogTail>();

  private constructor(options: InstanceLogsOptions) {
    this.#options = options;
  }

  static async open(options: InstanceLogsOptions): Promise<InstanceLogs> {
    await mkdir(options.folder, { recursive: true, mode: 0o700 });
    return new InstanceLogs(options);
  }

  /** Tells the app's owner what happens to an instance, as Diego's cells do. */
  say(desired: DesiredInstance, text: string): void {
    const instance = String(desired.index);
    this.#options.publisher.say(desired.appGuid, { source: 'CELL', instance, text });
  }

  /** Begins where an earlier agent stopped. */
  async follow(desired: DesiredInstance, instanceId: InstanceId): Promise<void> {
    const { clock, log, logPath } = this.#options;
    const file = this.#positionFile(instanceId);
    const tail = new LogTail({
      path: logPath(instanceId),
      position: await readPosition(file),
      deliver: (lines, uncertain) => this.#deliver(desired, lines, uncertain),
      save: position => writeJsonFile(file, position),
      clock,
      log: log.child({ instance: instanceId }),
    });
    this.#tails.set(instanceId, tail);
    tail.start();
  }

  /** Delivers the rest of an ended container's output; whatever takes longer goes on in the background. */
  async finish(instanceId: InstanceId): Promise<void> {
    const tail = this.#tails.get(instanceId);
    if (tail === undefined) return;
    this.#tails.delete(instanceId);
    this.#ending.add(tail);
    const finished = tail
      .finish()
      .catch(() => {}) // aborted by stop(): what is left is lost with the container
      .finally(() => {
        this.#ending.delete(tail);
        return rm(this.#positionFile(instanceId), { force: true });
      });
    await Promise.race([finished, delay(FINISH_TIMEOUT_MS, undefined, { ref: false })]);
  }

  lastLines(instanceId: InstanceId): Promise<string[]> {
    return lastLines(this.#options.logPath(instanceId), LAST_LINES);
  }

  /** Leaves all logs to the next agent. */
  async stop(): Promise<void> {
    await Promise.all([...this.#tails.values(), ...this.#ending].map(tail => tail.stop()));
  }

  /** Forgets the positions of instances that are not in `keep`. */
  async retain(keep: ReadonlySet<InstanceId>): Promise<void> {
    for (const name of await readdir(this.#options.folder)) {
      if (!keep.has(name.replace(/\.json.*$/, '') as InstanceId)) {
        await rm(join(this.#options.folder, name), { force: true });
      }
    }
  }

  async #deliver(
    desired: DesiredInstance,
    lines: readonly AppLine[],
    uncertain: boolean,
  ): Promise<void> {
    const { publisher } = this.#options;
    const records = lines.map(
      (line): LogRecord => ({
        ...line,
        source: `APP/PROC/${desired.processType.toUpperCase()}`,
        instance: String(desired.index),
      }),
    );
    const wanted = uncertain ? await publisher.missing(desired.appGuid, records) : records;
    await publisher.store(desired.appGuid, wanted);
  }

  #positionFile(instanceId: InstanceId): string {
    return join(this.#options.folder, `${instanceId}.json`);
  }
}

async function readPosition(file: string): Promise<LogPosition | undefined> {
  const json = await readJsonFile(file).catch(() => undefined);
  return positionSchema.safeParse(json).data;
}
