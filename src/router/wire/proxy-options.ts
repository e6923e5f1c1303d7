import { DEFAULT_LIMITS, type Limits } from '../../http1/limits.ts';

/** Everything about the data plane that can be set. Times of 0 mean: no limit. */
export interface ProxyOptions {
  /** Of client requests. */
  readonly limits: Limits;
  /** From the first byte of a head to its end; 0 = as {@link clientIdleTimeoutMs}. Default 60 s. */
  readonly readHeaderTimeoutMs: number;
  /** A client connection between two requests. Default 900 s. */
  readonly clientIdleTimeoutMs: number;
  /** A client that neither sends the rest of its body nor takes its answer. Default 900 s. */
  readonly clientStallTimeoutMs: number;
  /**
   * A client that sent FIN may only have finished sending (`nc -N`) or be gone. Its request goes on
   * for this long without an answer, then counts as abandoned (499). Default 5 s.
   */
  readonly halfCloseGraceMs: number;
  readonly dialTimeoutMs: number;
  /** From the end of the request to the head of the response. Default 60 s. */
  readonly responseTimeoutMs: number;
  /** Between two pieces of a response's body. Default 900 s. */
  readonly bodyIdleTimeoutMs: number;
  /** Keep connections to endpoints open between requests. */
  readonly endpointKeepAlive: boolean;
  /**
   * An idle connection to an endpoint. Short, because an app that closes first makes a request
   * fail that is sent at that moment. An endpoint's own `Keep-Alive: timeout` shortens it. Default 15 s.
   */
  readonly endpointIdleTimeoutMs: number;
  readonly maxIdlePerEndpoint: number;
  /** Endpoints that one request may try. */
  readonly maxAttempts: number;
  /** Granularity of all timeouts. Default 500 ms. */
  readonly tickMs: number;
  /** User-Agent of load balancers that ask for the router's health on the traffic port; '' = none. */
  readonly healthCheckUserAgent: string;
  readonly isHealthy: () => boolean;
}

export const DEFAULT_PROXY_OPTIONS: ProxyOptions = {
  limits: DEFAULT_LIMITS,
  readHeaderTimeoutMs: 60_000,
  clientIdleTimeoutMs: 900_000,
  clientStallTimeoutMs: 900_000,
  halfCloseGraceMs: 5_000,
  dialTimeoutMs: 5_000,
  responseTimeoutMs: 60_000,
  bodyIdleTimeoutMs: 900_000,
  endpointKeepAlive: true,
  endpointIdleTimeoutMs: 15_000,
  maxIdlePerEndpoint: 100,
  maxAttempts: 3,
  tickMs: 500,
  healthCheckUserAgent: '',
  isHealthy: () => true,
};
