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
    message:
      '{stateDir} holds files that are not Sprue’s ({found}), so it is not used as state directory.',
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
  EXAMPLE_NOT_PUSHED: {
    message: 'The example {app} could not be pushed; the reason is above.',
    next: '`sprue doctor` shows what is wrong with the platform.',
    status: 500,
    v3: SERVER_ERROR,
    exit: EXIT.failed,
  },
  EXAMPLE_NOT_SERVED: {
    message: 'The example was pushed, but {url} does not answer with 200 (status: {status}).',
    next: '`sprue doctor` shows what is wrong with the platform.',
    status: 500,
    v3: SERVER_ERROR,
    exit: EXIT.unhealthy,
  },
  TEARDOWN_INCOMPLETE: {
    message: 'Not everything could be removed: {problems}.',
    next: 'Run `sprue down` again; what is already gone is skipped.',
    status: 500,
    v3: SERVER_ERROR,
    exit: EXIT.failed,
  },

  // --- roles on their own -----------------------------------------------------------------------
  INVALID_DEA_ID: {
    message: '“{received}” cannot name a DEA: letters, digits, - and _, at most 63.',
    next: '',
    status: 422,
    v3: UNPROCESSABLE,
    exit: EXIT.usage,
  },
  ROLE_RUNNING: {
    message: 'A {role} already runs on {stateDir} (process {pid}).',
    next: 'Stop that one, or give this one a state_dir of its own.',
    status: 409,
    v3: SERVER_ERROR,
    exit: EXIT.failed,
  },

  // --- lab ------------------------------------------------------------------------------------
  LAB_NAME_INVALID: {
    message: '“{received}” cannot name a lab: small letters and digits, at most 16, a letter first.',
    next: '',
    status: 422,
    v3: UNPROCESSABLE,
    exit: EXIT.usage,
  },
  LAB_TOO_BIG: {
    message: 'A lab has 1 to {maxRouters} routers and 1 to {maxDeas} DEAs.',
    next: '',
    status: 422,
    v3: UNPROCESSABLE,
    exit: EXIT.usage,
  },
  LAB_EXISTS: {
    message: 'The lab “{name}” {state}.',
    next: 'Use it (`sprue lab status`), take it down (`sprue lab down`), or give this one another --name.',
    status: 409,
    v3: SERVER_ERROR,
    exit: EXIT.failed,
  },
  LAB_NOT_HERE: {
    message: 'There is no lab “{name}”.{known}',
    next: '`sprue lab up` makes one.',
    status: 404,
    v3: NOT_FOUND,
    exit: EXIT.notFound,
  },
  LAB_HALF_HERE: {
    message: 'The lab “{name}” is there only in part: its start was cut short or goes on.',
    next: '`sprue lab down` removes it.',
    status: 409,
    v3: SERVER_ERROR,
    exit: EXIT.failed,
  },
  LAB_NO_HOST: {
    message: 'The lab “{name}” has no host “{host}”.{suggestion}',
    next: 'It has: {hosts}.',
    status: 404,
    v3: NOT_FOUND,
    exit: EXIT.notFound,
  },
  LAB_HOST_OFF: {
    message: '{host} is switched off.',
    next: '`sprue lab start {host}` switches it on.',
    status: 409,
    v3: SERVER_ERROR,
    exit: EXIT.failed,
  },
  LAB_SERVICE_FAILED: {
    message: '{service} on {host} was started but does not serve: {reason}',
    next: '',
    status: 500,
    v3: SERVER_ERROR,
    exit: EXIT.failed,
  },
  LAB_CLEANUP_FAILED: {
    message: 'Not everything of the lab “{name}” could be removed: {problems}.',
    next: 'Run `sprue lab down` again; what is already gone is skipped.',
    status: 500,
    v3: SERVER_ERROR,
    exit: EXIT.failed,
  },
  LAB_NO_NETEM: {
    message: 'This kernel cannot delay packets: it has no netem.',
    next: 'Use a kernel with CONFIG_NET_SCH_NETEM; `sprue lab loss` works without it.',
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
  OBJECT_CORRUPT: {
    message: 'The object {name} in the blob store {bucket} does not match its digest.',
    next: 'Upload it again; the disk of nats-server may be failing.',
    status: 500,
    v3: SERVER_ERROR,
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
  UNKNOWN_COMMAND: {
    message: '`sprue {name}` is no command.{suggestion}',
    next: '`sprue --help` lists the commands.',
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
  APP_LOOPBACK_BIND: {
    message: '{app} listens on loopback only. {text}',
    next: 'Listen on 0.0.0.0 and the port in $PORT, then push again.{older}',
    status: 422,
    v3: UNPROCESSABLE,
    exit: EXIT.unhealthy,
  },
  APP_WRONG_PORT: {
    message: '{app} does not listen on the port that it was given. {text}',
    next: 'Listen on 0.0.0.0 and the port in $PORT, then push again.{older}',
    status: 422,
    v3: UNPROCESSABLE,
    exit: EXIT.unhealthy,
  },
  APP_NOT_LISTENING: {
    message: '{app} runs, but listens on no port. {text}',
    next: 'Listen on 0.0.0.0 and the port in $PORT; an app that serves nobody is pushed with `--no-route -u process`.{older}',
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

  // --- host network ---------------------------------------------------------------------------
  HOST_ADDRESS_NOT_LOCAL: {
    message: '{address} is not an address of this machine that others can dial.',
    next: 'Choose one of its own with --address: {available}.',
    status: 500,
    v3: SERVER_ERROR,
    exit: EXIT.usage,
  },
  NETWORK_RANGE_TAKEN: {
    message: 'Containers cannot have addresses from {range}: this machine already uses {other}.',
    next: 'Choose a range that no route or address of this machine overlaps.',
    status: 500,
    v3: SERVER_ERROR,
    exit: EXIT.failed,
  },
  NETWORK_OWNED_BY_OTHER: {
    message: 'The nftables table `inet sprue` belongs to {owner}.',
    next: 'One machine runs one platform: use that state directory, or take it down first.',
    status: 500,
    v3: SERVER_ERROR,
    exit: EXIT.failed,
  },
  NETWORK_NAME_TAKEN: {
    message: 'The interface {veth} belongs to another instance.',
    next: 'Try again with a new instance id.',
    status: 503,
    v3: UNAVAILABLE,
    exit: EXIT.failed,
  },
  ADDRESSES_EXHAUSTED: {
    message: 'No container address is left in {range}.',
    next: 'Stop some instances, or add another host.',
    status: 503,
    v3: UNAVAILABLE,
    exit: EXIT.failed,
  },
  HOST_PORTS_EXHAUSTED: {
    message: 'No host port is left between {first} and {last}.',
    next: 'Stop some instances, or add another host.',
    status: 503,
    v3: UNAVAILABLE,
    exit: EXIT.failed,
  },
  NETWORK_CLEANUP_FAILED: {
    message: 'The network of {what} could not be removed completely: {reasons}.',
    next: 'It is tried again at the next start; `sprue doctor` shows what is left.',
    status: 500,
    v3: SERVER_ERROR,
    exit: EXIT.failed,
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

  // --- controller -----------------------------------------------------------------------------
  RESOURCE_NOT_FOUND: {
    message: '{kind} not found',
    next: '',
    status: 404,
    v3: NOT_FOUND,
    exit: EXIT.notFound,
  },
  UNKNOWN_REQUEST: {
    message: 'Unknown request',
    next: '',
    status: 404,
    v3: [10000, 'CF-NotFound'],
    exit: EXIT.failed,
  },
  NOT_AUTHENTICATED: {
    message: 'Authentication error: the request carries no token.',
    next: 'Log in with `sprue login`.',
    status: 401,
    v3: [10002, 'CF-NotAuthenticated'],
    exit: EXIT.notAuthorised,
  },
  INVALID_TOKEN: {
    message: 'Invalid Auth Token: {reason}.',
    next: 'Log in with `sprue login`.',
    status: 401,
    v3: [1000, 'CF-InvalidAuthToken'],
    exit: EXIT.notAuthorised,
  },
  LOGIN_REFUSED: {
    message: 'User name or password is wrong.',
    next: '',
    status: 401,
    v3: [10002, 'CF-NotAuthenticated'],
    exit: EXIT.notAuthorised,
  },
  LOGIN_THROTTLED: {
    message: 'Too many failed log-ins.',
    next: 'Wait {seconds} seconds, then try again.',
    status: 429,
    v3: [10013, 'CF-RateLimitExceeded'],
    exit: EXIT.notAuthorised,
  },
  GRANT_UNSUPPORTED: {
    message: 'The grant type “{grant}” is not supported.',
    next: '',
    status: 400,
    v3: [10004, 'CF-InvalidRequest'],
    exit: EXIT.failed,
  },
  BODY_UNREADABLE: {
    message: 'Request invalid due to parse error: {reason}',
    next: '',
    status: 400,
    v3: [1001, 'CF-MessageParseError'],
    exit: EXIT.failed,
  },
  BODY_INVALID: {
    message: '{reason}',
    next: '',
    status: 422,
    v3: UNPROCESSABLE,
    exit: EXIT.usage,
  },
  QUERY_INVALID: {
    message: 'The query parameter is invalid: {reason}',
    next: '',
    status: 400,
    v3: [10005, 'CF-BadQueryParameter'],
    exit: EXIT.usage,
  },
  NAME_INVALID: {
    message: '“{name}” is not a valid name for {what}: {reason}.',
    next: '',
    status: 422,
    v3: UNPROCESSABLE,
    exit: EXIT.usage,
  },
  APP_EXISTS: {
    message: "App with the name '{name}' already exists.",
    next: 'Choose another name, or push to the existing app.',
    status: 422,
    v3: UNPROCESSABLE,
    exit: EXIT.failed,
  },
  ORGANIZATION_EXISTS: {
    message: "Organization '{name}' already exists.",
    next: '',
    status: 422,
    v3: UNPROCESSABLE,
    exit: EXIT.failed,
  },
  SPACE_EXISTS: {
    message: "Name must be unique per organization: the space '{name}' exists.",
    next: '',
    status: 422,
    v3: UNPROCESSABLE,
    exit: EXIT.failed,
  },
  DOMAIN_EXISTS: {
    message: 'The domain name "{name}" is already in use',
    next: '',
    status: 422,
    v3: UNPROCESSABLE,
    exit: EXIT.failed,
  },
  PROCESS_EXISTS: {
    message: 'The app has a process of the type {type} already.',
    next: '',
    status: 422,
    v3: UNPROCESSABLE,
    exit: EXIT.failed,
  },
  ROUTE_EXISTS: {
    message: 'Route already exists: {url} is in the space {space}.',
    next: 'Choose another host name, or map the existing route.',
    status: 422,
    v3: UNPROCESSABLE,
    exit: EXIT.failed,
  },
  ROUTE_OTHER_SPACE: {
    message:
      'Routes cannot be mapped to destinations in different spaces: {url} belongs to the space {space}.',
    next: 'Choose another host name, or delete the route there.',
    status: 422,
    v3: UNPROCESSABLE,
    exit: EXIT.failed,
  },
  ROUTE_RESERVED: {
    message: 'The route {url} is used by the platform itself.',
    next: 'Choose another host name.',
    status: 422,
    v3: UNPROCESSABLE,
    exit: EXIT.usage,
  },
  ROUTE_INVALID: {
    message: '“{route}” is not a valid route: {reason}.',
    next: 'Write host.domain or host.domain/path.',
    status: 422,
    v3: UNPROCESSABLE,
    exit: EXIT.usage,
  },
  DOMAIN_INVALID: {
    message: '“{name}” is not a valid domain: {reason}.',
    next: '',
    status: 422,
    v3: UNPROCESSABLE,
    exit: EXIT.usage,
  },
  DOMAIN_UNKNOWN: {
    message: 'No domains exist for route {route}',
    next: 'Known domains: {domains}.',
    status: 422,
    v3: UNPROCESSABLE,
    exit: EXIT.usage,
  },
  DOMAIN_OF_PLATFORM: {
    message: 'The domain {name} is the platform’s own and stays.',
    next: '',
    status: 422,
    v3: UNPROCESSABLE,
    exit: EXIT.failed,
  },
  PACKAGE_INVALID: {
    message: 'The archive is refused: {reason}.',
    next: '',
    status: 422,
    v3: UNPROCESSABLE,
    exit: EXIT.failed,
  },
  PACKAGE_NOT_UPLOADABLE: {
    message: 'Package bits cannot be uploaded: the package is {state}.',
    next: 'Create a new package.',
    status: 422,
    v3: UNPROCESSABLE,
    exit: EXIT.failed,
  },
  PACKAGE_NOT_READY: {
    message: 'Cannot stage package whose state is not ready.',
    next: 'Upload the package first.',
    status: 422,
    v3: UNPROCESSABLE,
    exit: EXIT.failed,
  },
  UPLOAD_TOO_LARGE: {
    message: 'The upload is larger than the {limit} that this platform accepts.',
    next: 'Leave files out with .cfignore.',
    status: 413,
    v3: UNPROCESSABLE,
    exit: EXIT.failed,
  },
  UPLOAD_CUT: {
    message: 'The upload ended before it was complete.',
    next: 'Push again; nothing was kept of it.',
    status: 400,
    v3: [1001, 'CF-MessageParseError'],
    exit: EXIT.failed,
  },
  DISK_FULL: {
    message: 'The disk of the platform is full: {reason}.',
    next: 'Free some space on {where}, then try again; nothing was kept of this upload.',
    status: 507,
    v3: UNAVAILABLE,
    exit: EXIT.failed,
  },
  DROPLET_MISSING: {
    message: 'Assign a droplet before starting this app.',
    next: 'Push the app, or stage its newest package.',
    status: 422,
    v3: UNPROCESSABLE,
    exit: EXIT.failed,
  },
  DROPLET_FOREIGN: {
    message: 'Unable to assign current droplet. Ensure the droplet exists and belongs to this app.',
    next: '',
    status: 422,
    v3: UNPROCESSABLE,
    exit: EXIT.failed,
  },
  PROCESS_WITHOUT_COMMAND: {
    message: 'The process {type} of {app} has no start command.',
    next: 'Give one with `-c`, in the manifest or in a Procfile.',
    status: 422,
    v3: UNPROCESSABLE,
    exit: EXIT.failed,
  },
  MEMORY_BEYOND_HOST: {
    message:
      'InsufficientResources: an instance with {memory} of memory fits no host; the largest has {host}.',
    next: 'Ask for less memory with `-m`.',
    status: 422,
    v3: UNPROCESSABLE,
    exit: EXIT.failed,
  },
  DEA_MISSING: {
    message: 'InsufficientResources: no host that runs apps is there.',
    next: '`sprue status` shows the hosts.',
    status: 503,
    v3: UNAVAILABLE,
    exit: EXIT.failed,
  },
  VARIABLE_RESERVED: {
    message: 'The environment variable {name} is set by the platform and cannot be changed.',
    next: '',
    status: 422,
    v3: UNPROCESSABLE,
    exit: EXIT.usage,
  },
  DEPLOYMENT_OVER: {
    message: 'Cannot cancel a deployment that is {state}.',
    next: '',
    status: 422,
    v3: UNPROCESSABLE,
    exit: EXIT.failed,
  },
  NOT_OFFERED: {
    message: 'Sprue does not offer {feature}.',
    next: '',
    status: 422,
    v3: UNPROCESSABLE,
    exit: EXIT.usage,
  },
  TRACE_FOREIGN: {
    message: '“{host}” is not of this platform: its domains are {domains}.',
    next: 'Trace a URL below one of them; `sprue routes` lists yours.',
    status: 422,
    v3: UNPROCESSABLE,
    exit: EXIT.usage,
  },
  TRACES_BUSY: {
    message: '{count} traces are under way, and that is the limit.',
    next: 'Try again when some have ended; each ends within 30 s.',
    status: 503,
    v3: UNAVAILABLE,
    exit: EXIT.failed,
  },

  // --- router ---------------------------------------------------------------------------------
  CONFIG_INVALID: {
    message: '{file} is not a valid configuration: {problems}.',
    next: 'Correct the file; nothing was started.',
    status: 500,
    v3: SERVER_ERROR,
    exit: EXIT.usage,
  },
  LISTEN_FAILED: {
    message: 'Cannot listen on {address}: {reason}.',
    next: 'See who has the port with `ss -ltnp`, or choose another one.',
    status: 500,
    v3: SERVER_ERROR,
    exit: EXIT.failed,
  },

  // --- edge: DNS ------------------------------------------------------------------------------
  DNS_NAME_INVALID: {
    message: '“{name}” is not a name that DNS can hold: {reason}.',
    next: '',
    status: 422,
    v3: UNPROCESSABLE,
    exit: EXIT.usage,
  },
  DNS_ZONE_INVALID: {
    message: 'The DNS zone {domain} is not valid: {reason}.',
    next: 'Correct it; the zone that was served before stays.',
    status: 422,
    v3: UNPROCESSABLE,
    exit: EXIT.usage,
  },
  DNS_ADDRESS_UNSPECIFIC: {
    message:
      'DNS cannot be served on {address}: an answer over UDP could leave from another address than was asked, and resolvers drop such answers.',
    next: 'Name the addresses to serve on, one by one.',
    status: 422,
    v3: UNPROCESSABLE,
    exit: EXIT.usage,
  },
  DNS_PORT_TAKEN: {
    message: 'DNS cannot be served on {address}: {holder} uses this {transport} port.',
    next: 'Stop it, or serve DNS on another address or port.',
    status: 500,
    v3: SERVER_ERROR,
    exit: EXIT.failed,
  },
  DNS_PORT_FORBIDDEN: {
    message: 'DNS cannot be served on {address}: ports below 1024 are for root.',
    next: 'Run it as root or with sudo, or choose another port.',
    status: 500,
    v3: SERVER_ERROR,
    exit: EXIT.usage,
  },

  // --- containers -----------------------------------------------------------------------------
  CGROUPS_MISSING: {
    message: 'This machine has no cgroups that can limit memory and processes.',
    next: 'Mount cgroup2 on /sys/fs/cgroup, or the memory, pids and cpuacct controllers of cgroup v1.',
    status: 500,
    v3: SERVER_ERROR,
    exit: EXIT.failed,
  },
  CONTAINER_FOLDER_CLOSED: {
    message: 'Containers cannot reach their files: other users may not enter {folder}.',
    next: 'Run `chmod o+x {folder}`, or choose another --state-dir.',
    status: 500,
    v3: SERVER_ERROR,
    exit: EXIT.failed,
  },
  CONTAINER_MISSING: {
    message: 'The container {instance} does not exist.',
    next: '',
    status: 404,
    v3: NOT_FOUND,
    exit: EXIT.notFound,
  },
  CONTAINER_START_FAILED: {
    message: 'The container {instance} cannot start: {reason}',
    next: '',
    status: 500,
    v3: SERVER_ERROR,
    exit: EXIT.failed,
  },
  CONTAINER_STUCK: {
    message: 'Processes of the container {instance} did not end on SIGKILL: {pids}.',
    next: 'They wait for a device or file system; look at /proc/PID/stack. Destroying is tried again.',
    status: 500,
    v3: SERVER_ERROR,
    exit: EXIT.failed,
  },
  PATH_OUTSIDE_CONTAINER: {
    message: 'The path {path} is not inside the container {instance}, or the container runs.',
    next: '',
    status: 500,
    v3: SERVER_ERROR,
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
