/** `GET /api/v1/info` */
export interface LogCacheInfo {
  readonly version: string;
}

/**
 * `GET /api/v1/read/:app_guid`. Query: `start_time` and `end_time` (nanoseconds, inclusive and
 * exclusive), `limit` (default 100), `descending`, `envelope_types=LOG`. Sprue's addition: with
 * `wait_ms` (at most 30 000) an answer that would be empty waits for the next line.
 */
export interface LogCacheRead {
  readonly envelopes: { readonly batch: readonly LogEnvelope[] };
}

/** The official client refuses unknown members: these and no others. */
export interface LogEnvelope {
  /** Nanoseconds since the epoch, in decimal. */
  readonly timestamp: string;
  readonly source_id: string;
  readonly instance_id: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly log: {
    /** Base64, without the line end. */
    readonly payload: string;
    readonly type: 'OUT' | 'ERR';
  };
}

export const MAX_LOG_WAIT_MS = 30_000;
