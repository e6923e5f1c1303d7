import type { LogLine, ReadLogsOptions } from '../api/logs-api.ts';

export interface FollowOptions {
  /** Lines after this one are new. */
  readonly afterNs: bigint;
  readonly signal: AbortSignal;
  /** How long one request may wait for a line. Default 2 000. */
  readonly waitMs?: number;
}

export type ReadLogs = (options: ReadLogsOptions) => Promise<readonly LogLine[]>;

const BATCH = 1_000;
/** Lines of several instances arrive out of order by less than this. */
export const LOG_OVERLAP_NS = 1_000_000_000n;
const DEFAULT_WAIT_MS = 2_000;

/**
 * Yields new lines of an app's log, until aborted. Instances write at the same time and their lines
 * arrive a little out of order, so each round looks one second back and drops what was seen.
 */
export async function* followLogs(
  read: ReadLogs,
  options: FollowOptions,
): AsyncGenerator<readonly LogLine[], void> {
  const { signal, waitMs = DEFAULT_WAIT_MS } = options;
  const merger = new LogMerger(options.afterNs);
  while (!signal.aborted) {
    const startNs = merger.newestNs + 1n;
    const fresh = await read({ startNs, limit: BATCH, waitMs, signal });
    const late = await read({ startNs: startNs - LOG_OVERLAP_NS, limit: BATCH, signal });
    const lines = merger.add(late, fresh);
    if (lines.length > 0) yield lines;
  }
}

/** Puts overlapping batches of lines together: each line once, in order of time within a batch. */
export class LogMerger {
  /** Time of the newest line so far. */
  newestNs: bigint;
  readonly #startNs: bigint;
  readonly #seen = new Map<string, bigint>();

  constructor(afterNs: bigint) {
    this.#startNs = afterNs;
    this.newestNs = afterNs;
  }

  /** The lines of the batches that were not there before. Within one batch, equal lines are two lines. */
  add(...batches: readonly (readonly LogLine[])[]): readonly LogLine[] {
    const added = batches.flatMap(batch => this.#newOf(batch));
    added.sort((left, right) => Number(left.timestampNs - right.timestampNs));
    const last = added.at(-1);
    if (last && last.timestampNs > this.newestNs) this.newestNs = last.timestampNs;
    this.#forget();
    return added;
  }

  #newOf(batch: readonly LogLine[]): readonly LogLine[] {
    const timesHere = new Map<string, number>();
    return batch.filter(line => {
      const { timestampNs, source, instance, type, text } = line;
      if (timestampNs <= this.#startNs) return false;
      const written = `${timestampNs} ${source} ${instance} ${type} ${text}`;
      const times = (timesHere.get(written) ?? 0) + 1;
      timesHere.set(written, times);
      const key = `${times} ${written}`;
      if (this.#seen.has(key)) return false;
      this.#seen.set(key, timestampNs);
      return true;
    });
  }

  #forget(): void {
    const horizon = this.newestNs - 2n * LOG_OVERLAP_NS;
    for (const [key, timestampNs] of this.#seen) {
      if (timestampNs < horizon) this.#seen.delete(key);
    }
  }
}
