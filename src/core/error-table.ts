/** How one kind of failure looks to a person, to the V3 API and to a script. */
export interface ErrorEntry {
  /** What happened and why. `{name}` is replaced by the detail of that name. */
  readonly message: string;
  /** What to do next; empty when the message says it all. */
  readonly next: string;
  /** HTTP status of a V3 answer. */
  readonly status: number;
  /** Cloud Foundry's numeric code and title (cloud_controller_ng, `errors/v2.yml`). */
  readonly v3: readonly [code: number, title: string];
  /** Exit code of the command line: see `docs/errors.md`. */
  readonly exit: number;
}

/** Exit codes of `sprue`. Documented in `docs/errors.md`. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  notAuthorised: 4,
  timedOut: 5,
  unhealthy: 6,
  interrupted: 130,
} as const;

const UNPROCESSABLE = [10008, 'CF-UnprocessableEntity'] as const;
const SERVER_ERROR = [10001, 'UnknownError'] as const;
const NOT_FOUND = [10010, 'CF-ResourceNotFound'] as const;
const UNAVAILABLE = [10015, 'CF-ServiceUnavailable'] as const;

/**
 * Every error that a user of Sprue can meet. Codes are stable and never reused.
 * `docs/errors.md` is checked against this table by `test/docs.test.ts`.
 */
export const ERRORS = {
  // --- values -------------------------------------------------------------------------------
  INVALID_ADDRESS: {
    message: '“{received}” is not {expected}.',
    next: '',
    status: 422,
    v3: UNPROCESSABLE,
    exit: EXIT.usage,
  },
  INVALID_GUID: {
    message: '“{received}” is not a GUID.',
    next: '',
    status: 422,
    v3: UNPROCESSABLE,
    exit: EXIT.usage,
  },
  INVALID_SIZE: {
    message: '“{received}” is not a size.',
    next: 'Write a number and a unit, for example 512M or 1G.',
    status: 422,
    v3: UNPROCESSABLE,
    exit: EXIT.usage,
  },
  INVALID_MESSAGE: {
    message: 'A message on {where} cannot be read: {reason}.',
    next: '',
    status: 400,
    v3: [1001, 'CF-MessageParseError'],
    exit: EXIT.failed,
  },

  // --- commands of the machine ----------------------------------------------------------------
  COMMAND_FAILED: {
    message: '`{command}` failed ({outcome}): {stderr}',
    next: '',
    status: 500,
    v3: SERVER_ERROR,
    exit: EXIT.failed,
  },
  COMMAND_MISSING: {
    message: 'The program `{command}` is not installed.',
    next: 'Run scripts/bootstrap, which installs what Sprue needs.',
    status: 500,
    v3: SERVER_ERROR,
    exit: EXIT.failed,
  },

  // --- bus ------------------------------------------------------------------------------------
  BUS_UNAVAILABLE: {
    message: 'NATS at {servers} cannot be reached: {reason}.',
    next: 'Check that nats-server runs; `sprue doctor` shows what is wrong.',
    status: 503,
    v3: UNAVAILABLE,
    exit: EXIT.failed,
  },
  REVISION_CONFLICT: {
    message: '{key} was changed by somebody else at the same moment.',
    next: 'Try again.',
    status: 409,
    v3: UNPROCESSABLE,
    exit: EXIT.failed,
  },
  OBJECT_MISSING: {
    message: 'The object {name} is not in the blob store {bucket}.',
    next: '',
    status: 404,
    v3: NOT_FOUND,
    exit: EXIT.notFound,
  },

  // --- everything else ------------------------------------------------------------------------
  INTERNAL: {
    message: 'Something unexpected happened inside Sprue: {reason}.',
    next: 'Run the command again with --debug and report what it prints.',
    status: 500,
    v3: SERVER_ERROR,
    exit: EXIT.failed,
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;
