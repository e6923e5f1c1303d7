/** Cloud Foundry's names for the ways a build can fail; clients match on them. */
export type StagingFailureKind =
  | 'NoAppDetectedError'
  | 'BuildpackCompileFailed'
  | 'BuildpackReleaseFailed'
  | 'StagingError'
  | 'StagingTimeExpired';

/**
 * A build that ends because of what was pushed, or because its limits are reached. It never leaves
 * this folder: the stager turns it into a `FAILED` result whose text is for the pusher.
 */
export class StagingFailure extends Error {
  override readonly name = 'StagingFailure';
  readonly kind: StagingFailureKind;

  constructor(kind: StagingFailureKind, text: string, options?: ErrorOptions) {
    super(text, options);
    this.kind = kind;
  }

  /** `Kind - text`, as the V3 API shows it in a build's `error`. */
  override toString(): string {
    return `${this.kind} - ${this.message}`;
  }
}
