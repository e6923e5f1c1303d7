/** May the request be sent to another endpoint? */
export const RETRY = {
  never: 0,
  /** Whatever the request: not a byte of it was sent. */
  always: 1,
  /** Only a request that may be repeated: idempotent or marked so, without a body, unanswered. */
  repeatable: 2,
} as const;

export interface Failure {
  readonly retry: number;
  /** Passes the endpoint over for a while, for all requests. */
  readonly marksFailed: boolean;
  readonly status: number;
  /** Shown in `X-Cf-RouterError: endpoint_failure (…)`. Never contains an address. */
  readonly cause: string;
}

/**
 * Everything that can go wrong between router and endpoint, and what follows from it. Statuses are
 * gorouter's. Where it differs: a reset before any answer is retried for repeatable requests too,
 * since to the client it makes no difference whether a dying app sends RST or FIN.
 */
export const FAILURES = {
  dial_refused: {
    retry: RETRY.always,
    marksFailed: true,
    status: 502,
    cause: 'connection refused',
  },
  dial_timeout: {
    retry: RETRY.always,
    marksFailed: true,
    status: 502,
    cause: 'connection timed out',
  },
  dial_unreachable: {
    retry: RETRY.always,
    marksFailed: true,
    status: 502,
    cause: 'endpoint unreachable',
  },
  tls_unsupported: {
    retry: RETRY.always,
    marksFailed: true,
    status: 502,
    cause: 'endpoint wants TLS',
  },
  /** The kernel took no byte of the request. */
  not_sent: {
    retry: RETRY.always,
    marksFailed: false,
    status: 502,
    cause: 'connection closed before the request was sent',
  },
  reset: {
    retry: RETRY.repeatable,
    marksFailed: true,
    status: 502,
    cause: 'connection reset before the response',
  },
  eof: {
    retry: RETRY.repeatable,
    marksFailed: false,
    status: 502,
    cause: 'connection closed before the response',
  },
  response_timeout: {
    retry: RETRY.never,
    marksFailed: false,
    status: 502,
    cause: 'no response in time',
  },
  malformed_response: {
    retry: RETRY.never,
    marksFailed: false,
    status: 502,
    cause: 'malformed response',
  },
  upgrade_mismatch: {
    retry: RETRY.never,
    marksFailed: false,
    status: 502,
    cause: 'unexpected protocol switch',
  },
} as const satisfies Record<string, Failure>;

export type FailureKind = keyof typeof FAILURES;

/** The kind of a socket error while dialling. */
export function dialFailure(code: string | undefined): FailureKind {
  if (code === 'ECONNREFUSED' || code === 'ECONNRESET') return 'dial_refused';
  return code === 'ETIMEDOUT' ? 'dial_timeout' : 'dial_unreachable';
}
