import { ERRORS, type ErrorCode, type ErrorEntry } from './error-table.ts';

export type ErrorDetails = Readonly<Record<string, string | number>>;

/** The one error class of Sprue. Callers branch on {@link SprueError.code}, never on text. */
export class SprueError extends Error {
  override readonly name = 'SprueError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  /** `details` fill the `{placeholders}` of the code's message; `cause` is for the log only. */
  constructor(code: ErrorCode, details: ErrorDetails = {}, options?: ErrorOptions) {
    super(fill(ERRORS[code].message, details), options);
    this.code = code;
    this.details = details;
  }

  get entry(): ErrorEntry {
    return ERRORS[this.code];
  }

  /** What to do next, with the details filled in; may be empty. */
  get next(): string {
    return fill(this.entry.next, this.details);
  }
}

/** Anything thrown, as a SprueError; what is not one becomes `INTERNAL` with the original as cause. */
export function toSprueError(thrown: unknown): SprueError {
  if (thrown instanceof SprueError) return thrown;
  return new SprueError('INTERNAL', { reason: reasonOf(thrown) }, { cause: thrown });
}

/** One line that says what was thrown, for use inside another error's message. */
export function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  return thrown.message === '' ? thrown.name : thrown.message;
}

export function hasCode(thrown: unknown, code: ErrorCode): thrown is SprueError {
  return thrown instanceof SprueError && thrown.code === code;
}

function fill(template: string, details: ErrorDetails): string {
  return template.replace(/\{(\w+)\}/g, (whole, key: string) => String(details[key] ?? whole));
}
