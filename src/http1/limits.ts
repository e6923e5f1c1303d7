/** Bounds of one message. What exceeds them is refused, never cut. */
export interface Limits {
  /** Start line and header fields with their line ends; a head of this size or more is refused. */
  readonly maxHeadBytes: number;
  readonly maxHeaders: number;
  /** Trailer section of a chunked body. */
  readonly maxTrailerBytes: number;
  /** All chunk extensions of one body together: they are thrown away, so they may not be a free ride. */
  readonly maxChunkExtensionBytes: number;
}

export const DEFAULT_LIMITS: Limits = {
  maxHeadBytes: 2 ** 20,
  maxHeaders: 1000,
  maxTrailerBytes: 16 * 2 ** 10,
  maxChunkExtensionBytes: 16 * 2 ** 10,
};
