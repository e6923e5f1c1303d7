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

  // --- the machine and the platform on it -------------------------------------------------------
  NOT_ROOT: {
    message: 'Sprue makes network namespaces, nftables rules and containers, so this needs root.',
    next: 'Run it as root or with sudo.',
    status: 403,
    v3: SERVER_ERROR,
    exit: EXIT.usage,
  },
  INVALID_DOMAIN: {
    message: '“{received}” is not a domain name with at least two labels.',
    next: 'Use a name such as apps.example.com; sprue.localhost works without any DNS.',
    status: 422,
    v3: UNPROCESSABLE,
    exit: EXIT.usage,
  },
  ADDRESS_NOT_LOCAL: {
    message: '{received} is not an address of this machine (it has: {own}).',
    next: 'Pass one of its own addresses with --address.',
    status: 422,
    v3: UNPROCESSABLE,
    exit: EXIT.usage,
  },
  NO_ADDRESS: {
    message: 'This machine has no IPv4 address but loopback, so endpoints would lead nowhere.',
    next: 'Bring a network interface up, or pass an address of this machine with --address.',
    status: 500,
    v3: SERVER_ERROR,
    exit: EXIT.failed,
  },
  PREFLIGHT_FAILED: {
    message: 'This machine is not ready for Sprue: {failed}.',
    next: 'Mend what is marked above and run it again. Nothing was changed.',
    status: 500,
    v3: SERVER_ERROR,
    exit: EXIT.failed,
  },
  PLATFORM_RUNNING: {
    message: 'The platform is already up here (process {pid}).',
    next: 'Use it, or stop it first: `sprue down`.',
    status: 409,
    v3: SERVER_ERROR,
    exit: EXIT.failed,
  },
  PLATFORM_NOT_HERE: {
    message: 'There is no platform in {stateDir}.',
    next: 'Start one with `sprue up`, or name its folder with --state-dir.',
    status: 404,
    v3: NOT_FOUND,
    exit: EXIT.notFound,
  },
  NOT_A_STATE_DIR: {
    message: '{stateDir} holds files that are not Sprue’s ({found}), so it is not used as state directory.',
    next: 'Choose an empty or new folder with --state-dir.',
    status: 422,
    v3: UNPROCESSABLE,
    exit: EXIT.usage,
  },
  NATS_NO_PORT: {
    message: 'No loopback port between {first} and {last} is free for nats-server.',
    next: 'Stop something that listens there.',
    status: 500,
    v3: SERVER_ERROR,
    exit: EXIT.failed,
  },
  NATS_NOT_STARTED: {
    message: 'nats-server was started but does not answer.',
    next: 'Its log says why: {log}',
    status: 500,
    v3: SERVER_ERROR,
    exit: EXIT.failed,
  },
  ROUTER_NOT_STARTED: {
    message: 'The router was started but does not serve.',
    next: 'Its log says why: {log}',
    status: 500,
    v3: SERVER_ERROR,
    exit: EXIT.failed,
  },
  API_NOT_REACHED: {
    message: 'The API does not answer through the router at {url}.',
    next: '`sprue doctor` shows what is wrong.',
    status: 503,
    v3: UNAVAILABLE,
    exit: EXIT.failed,
  },
  TEARDOWN_INCOMPLETE: {
    message: 'Not everything could be removed: {problems}.',
    next: 'Run `sprue down` again; what is already gone is skipped.',
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

  // --- command line -----------------------------------------------------------------------------
  USAGE: {
    message: '{reason}.',
    next: '`sprue {command} --help` shows how it is meant.',
    status: 400,
    v3: [10004, 'CF-InvalidRequest'],
    exit: EXIT.usage,
  },
  INTERRUPTED: {
    message: 'Interrupted.{goesOn}',
    next: '',
    status: 500,
    v3: SERVER_ERROR,
    exit: EXIT.interrupted,
  },
  CONFIG_UNREADABLE: {
    message: 'The file {path} cannot be used: {reason}.',
    next: 'Mend it, or delete it and run `sprue login` again.',
    status: 500,
    v3: SERVER_ERROR,
    exit: EXIT.failed,
  },
  NOT_TARGETED: {
    message: 'No platform is targeted.',
    next: 'Start one with `sprue up`, or name one: `sprue login --api URL`.',
    status: 400,
    v3: [10004, 'CF-InvalidRequest'],
    exit: EXIT.usage,
  },
  NO_SPACE_TARGETED: {
    message: 'No space is targeted.',
    next: 'Choose one: `sprue target -o ORG -s SPACE`; `sprue orgs` and `sprue spaces` list them.',
    status: 400,
    v3: [10004, 'CF-InvalidRequest'],
    exit: EXIT.usage,
  },
  NOT_LOGGED_IN: {
    message: 'You are not logged in to {api}, or the login has expired.',
    next: 'Run `sprue login`.',
    status: 401,
    v3: [10002, 'CF-NotAuthenticated'],
    exit: EXIT.notAuthorised,
  },
  LOGIN_REJECTED: {
    message: '{api} did not accept the login of {user}: {reason}.',
    next: 'Check user and password. On the platform’s machine, root finds the admin’s password in credentials.json of the state directory.',
    status: 401,
    v3: [10002, 'CF-NotAuthenticated'],
    exit: EXIT.notAuthorised,
  },
  API_UNREACHABLE: {
    message: 'The API at {api} cannot be reached: {reason}.',
    next: 'Check that the platform runs there: `sprue status` on its machine, `sprue up` to start it.',
    status: 503,
    v3: UNAVAILABLE,
    exit: EXIT.failed,
  },
  API_TIMED_OUT: {
    message: 'The API at {api} did not answer {request} within {seconds} s.',
    next: '`sprue status` on the platform’s machine shows what is wrong.',
    status: 504,
    v3: UNAVAILABLE,
    exit: EXIT.timedOut,
  },
  API_REJECTED: {
    message: '{detail}',
    next: '',
    status: 422,
    v3: UNPROCESSABLE,
    exit: EXIT.failed,
  },
  API_FORBIDDEN: {
    message: '{detail}',
    next: '`sprue target` shows who you are and where.',
    status: 403,
    v3: [10003, 'CF-NotAuthorized'],
    exit: EXIT.notAuthorised,
  },
  API_FAILED: {
    message: 'The API failed on {request} with status {status}: {detail}',
    next: 'The log of the controller says more.',
    status: 500,
    v3: SERVER_ERROR,
    exit: EXIT.failed,
  },
  NO_SUCH: {
    message: 'There is no {kind} “{name}”{where}.{suggestion}',
    next: '{list}',
    status: 404,
    v3: NOT_FOUND,
    exit: EXIT.notFound,
  },
  CONFIRMATION_NEEDED: {
    message: 'This would {action}, and nobody is there to be asked.',
    next: 'Say so with -f.',
    status: 400,
    v3: [10004, 'CF-InvalidRequest'],
    exit: EXIT.usage,
  },
  JOB_FAILED: {
    message: '{detail}',
    next: '',
    status: 422,
    v3: UNPROCESSABLE,
    exit: EXIT.failed,
  },

  // --- push -------------------------------------------------------------------------------------
  MANIFEST_INVALID: {
    message: '{where}: {reason}.{suggestion}',
    next: '',
    status: 422,
    v3: UNPROCESSABLE,
    exit: EXIT.usage,
  },
  MANIFEST_VARIABLE_MISSING: {
    message: '{where}: no value for {names}.',
    next: 'Give it with --var NAME=VALUE or --vars-file FILE.',
    status: 422,
    v3: UNPROCESSABLE,
    exit: EXIT.usage,
  },
  PUSH_PATH_INVALID: {
    message: '{path} cannot be pushed: {reason}.',
    next: '',
    status: 422,
    v3: UNPROCESSABLE,
    exit: EXIT.usage,
  },
  STAGING_FAILED: {
    message: '{app} could not be staged: {reason}',
    next: 'The lines above tell why; `sprue logs {app} --recent` shows them again.{older}',
    status: 422,
    v3: UNPROCESSABLE,
    exit: EXIT.failed,
  },
  APP_UNHEALTHY: {
    message: '{app} does not run well: {reason}',
    next: '{fix}{older}',
    status: 422,
    v3: UNPROCESSABLE,
    exit: EXIT.unhealthy,
  },
  START_TIMED_OUT: {
    message: '{app} was not up within {seconds} s: {reason}',
    next: '`sprue logs {app} --recent` shows what it said.{older}',
    status: 504,
    v3: UNPROCESSABLE,
    exit: EXIT.timedOut,
  },

  // --- DEA ------------------------------------------------------------------------------------
  ILLEGAL_TRANSITION: {
    message: 'An instance that is {state} cannot take the event “{event}”.',
    next: 'This is a fault in Sprue itself; please report it with the log of the DEA.',
    status: 500,
    v3: SERVER_ERROR,
    exit: EXIT.failed,
  },
  DROPLET_INVALID: {
    message: 'The droplet cannot be unpacked: {reason}.',
    next: 'Push or restage the app, so that a new droplet is made.',
    status: 422,
    v3: UNPROCESSABLE,
    exit: EXIT.failed,
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
