import type { Log } from '../../core/log.ts';
import { RequestHead } from '../../http1/request-head.ts';
import { ResponseHead } from '../../http1/response-head.ts';
import { RequestRewriter } from '../rewrite/request-rewrite.ts';
import type { Endpoint } from '../table/endpoint.ts';
import type { EndpointPool } from '../table/endpoint-pool.ts';
import type { AccessLog } from './access-record.ts';
import type { ClientConnection } from './client-connection.ts';
import { DateLine } from './date-line.ts';
import { Deadlines } from './deadlines.ts';
import { ProxyCounters } from './proxy-counters.ts';
import type { ProxyOptions } from './proxy-options.ts';
import { NO_TRACING, type RequestTracing } from './request-trace.ts';

/** What the data plane needs of the route table. */
export interface RouteLookup {
  /** The pool for a request, possibly empty; undefined when no route matches. */
  lookup(host: string, path: string): EndpointPool | undefined;
  listen?(listener: { endpointGone?(endpoint: Endpoint): void }): void;
}

export interface ProxyParts {
  readonly table: RouteLookup;
  readonly log: Log;
  readonly accessLog: AccessLog;
  /** Default: nobody traces. */
  readonly tracing?: RequestTracing;
}

const READ_BUFFER_BYTES = 64 * 1024;

/** What all connections of one proxy share; among it everything that need not exist per connection. */
export class ProxyContext {
  readonly table: RouteLookup;
  readonly log: Log;
  readonly accessLog: AccessLog;
  readonly options: ProxyOptions;
  readonly tracing: RequestTracing;
  readonly counters = new ProxyCounters();
  readonly deadlines: Deadlines;
  readonly date = new DateLine();
  readonly clients = new Set<ClientConnection>();
  /** Filled, used and overwritten within one callback. */
  readonly requestHead = new RequestHead();
  readonly responseHead = new ResponseHead();
  readonly rewriter: RequestRewriter;
  /**
   * All connections read into the same memory: what is read is copied to the other side's socket,
   * turned into text or kept as a copy before the next read can happen.
   */
  readonly readBuffer: Buffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
  isDraining = false;

  constructor(parts: ProxyParts, options: ProxyOptions) {
    this.table = parts.table;
    this.log = parts.log;
    this.accessLog = parts.accessLog;
    this.tracing = parts.tracing ?? NO_TRACING;
    this.options = options;
    this.deadlines = new Deadlines(options.tickMs);
    this.rewriter = new RequestRewriter(options.endpointKeepAlive);
  }
}
