import type { LogCacheRead } from '../../proto/v3/log-cache.ts';
import type { Rest } from './rest.ts';

/** One line of an app's log, as the command line shows it. */
export interface LogLine {
  readonly timestampNs: bigint;
  /** `API`, `STG`, `APP/PROC/WEB`, … */
  readonly source: string;
  readonly instance: string;
  readonly type: 'OUT' | 'ERR';
  readonly text: string;
}

export interface ReadLogsOptions {
  /** Inclusive. Default: from the beginning. */
  readonly startNs?: bigint;
  readonly limit: number;
  /** The newest lines instead of the oldest. */
  readonly newest?: boolean;
  /** How long an answer that would be empty may wait for the next line. */
  readonly waitMs?: number;
  readonly signal?: AbortSignal;
}

/** log-cache's start of time: its nanoseconds are signed 64-bit. */
const BEGINNING_NS = -6795364578871345152n;
const ANSWER_MARGIN_MS = 10_000;

/** The log-cache API. */
export class LogsApi {
  readonly #rest: Rest;

  constructor(rest: Rest) {
    this.#rest = rest;
  }

  /** Lines in the order they were written. */
  async read(appGuid: string, options: ReadLogsOptions): Promise<readonly LogLine[]> {
    const waitMs = options.waitMs ?? 0;
    const answer = await this.#rest.get<LogCacheRead>(`/api/v1/read/${appGuid}`, {
      query: {
        start_time: String(options.startNs ?? BEGINNING_NS),
        limit: options.limit,
        envelope_types: 'LOG',
        ...(options.newest === true && { descending: 'true' }),
        ...(waitMs > 0 && { wait_ms: waitMs }),
      },
      timeoutMs: waitMs + ANSWER_MARGIN_MS,
      ...(options.signal && { signal: options.signal }),
    });
    // Lines of one moment are told apart by their place alone, so the order in time comes first.
    const { batch } = answer.envelopes;
    const inOrder = options.newest === true ? batch.toReversed() : batch;
    return inOrder
      .flatMap(envelope => {
        if (!envelope.log) return [];
        const text = Buffer.from(envelope.log.payload, 'base64').toString();
        return text.split('\n').map(line => ({
          timestampNs: BigInt(envelope.timestamp),
          source: envelope.tags['source_type'] ?? 'APP',
          instance: envelope.instance_id,
          type: envelope.log.type,
          text: line,
        }));
      })
      .sort(byTime);
  }
}

function byTime(left: LogLine, right: LogLine): number {
  return left.timestampNs < right.timestampNs ? -1 : left.timestampNs > right.timestampNs ? 1 : 0;
}
