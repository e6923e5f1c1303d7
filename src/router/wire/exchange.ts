import { lastChunk } from '../../http1/chunk-encoder.ts';
import type { Refusal } from '../../http1/refusal.ts';
import type { RequestHead } from '../../http1/request-head.ts';
import type { ResponseHead } from '../../http1/response-head.ts';
import type { ResponseSink } from '../../http1/response-reader.ts';
import {
  EMPTY_HOST,
  endpointFailure,
  healthReplyText,
  type LocalReply,
  localReplyText,
  noEndpoints,
  type ReplyForm,
  unknownRoute,
} from '../rewrite/local-reply.ts';
import { rewriteInterim, rewriteSwitch } from '../rewrite/response-rewrite.ts';
import type { Endpoint } from '../table/endpoint.ts';
import { AccessRecord } from './access-record.ts';
import { AnswerPlan } from './answer-plan.ts';
import { Attempts, mayRepeat } from './attempts.ts';
import type { ClientConnection } from './client-connection.ts';
import { NEVER } from './deadlines.ts';
import { EndpointConnection } from './endpoint-connection.ts';
import { connectionsOf } from './endpoint-connections.ts';
import { FAILURES, type Failure, type FailureKind } from './failure.ts';
import type { ProxyContext } from './proxy-context.ts';
import {
  describeClient,
  describeEndpoint,
  describeRequest,
  RequestFacts,
} from './request-facts.ts';
import { beginTrace, type RequestTrace } from './request-trace.ts';
import { Tunnel } from './tunnel.ts';

/**
 * One request and its answer. Lives as long as its client connection and is begun anew for each
 * request.
 *
 *   begin ─► attempt ─► send ─► onResponseHead ─► onBody… ─► finish
 *               ▲        │
 *               └─ fail ◄┘   (failure.ts decides; after the answer began: the client is cut off)
 *
 * The request's body flows meanwhile, in its own time. When the answer ends first, the endpoint's
 * connection is closed and the client's lingers.
 */
export class Exchange implements ResponseSink {
  /** Whether the client has sent all of its request. */
  isRequestDone = true;
  readonly #context: ProxyContext;
  readonly #client: ClientConnection;
  #isActive = false;
  #record: AccessRecord = new AccessRecord();
  #startMs = 0;
  #endpointStartMs = 0;
  #attemptStartMs = 0;

  readonly #request = new RequestFacts();
  readonly #attempts = new Attempts();
  #hasSentBody = false;
  /** Whether the client's connection outlives this exchange. */
  #keepsClient = true;
  #connection: EndpointConnection | undefined;
  /** Of a marked request only. */
  #trace: RequestTrace | undefined;
  #requests = 0;

  #isAnswered = false;
  readonly #answer = new AnswerPlan();

  constructor(context: ProxyContext, client: ClientConnection) {
    this.#context = context;
    this.#client = client;
  }

  begin(head: RequestHead): void {
    const { rewriter, options, table, isDraining, tracing } = this.#context;
    const epochMs = Date.now();
    this.#reset(epochMs);
    rewriter.rewrite(head, this.#client, epochMs);
    this.#request.take(head, rewriter);
    this.isRequestDone = !this.#request.hasBody;
    this.#keepsClient = this.#request.keepsClient && !isDraining;
    describeRequest(this.#record, head, rewriter);
    if (tracing.isArmed) this.#trace = beginTrace(tracing, head, this.#client, this.#requests > 1);
    if (rewriter.userAgent === options.healthCheckUserAgent && rewriter.userAgent !== '') {
      return this.#replyHealth();
    }
    if (head.host === '') return this.#reply(EMPTY_HOST);
    const pool = table.lookup(head.host, head.target.path);
    if (pool === undefined) return this.#reply(unknownRoute(head.authority));
    this.#trace?.routed(pool, options.maxAttempts);
    if (pool.size === 0) return this.#reply(noEndpoints(head.authority));
    this.#attempts.begin(pool);
    this.#record.forwardedFor = rewriter.forwardedFor;
    this.#endpointStartMs = performance.now();
    this.#attempt();
  }

  /** A request of which not even the head can be used. */
  refuse(reply: LocalReply): void {
    this.#reset(Date.now());
    this.#request.clear();
    this.isRequestDone = true;
    this.#keepsClient = false;
    this.#reply(reply);
  }

  onRequestBody(bytes: Buffer, start: number, end: number): void {
    this.#record.requestBodyBytes += end - start;
    const connection = this.#connection;
    if (connection === undefined) return;
    this.#hasSentBody = true;
    connection.out.body(bytes, start, end, this.#request.isChunked);
  }

  onRequestEnd(trailers: string): void {
    this.isRequestDone = true;
    if (this.#request.isChunked) this.#connection?.out.text(lastChunk(trailers));
  }

  /** The rest of the request is refused while it is under way. */
  onRequestRefused(reply: LocalReply): void {
    if (!this.#isActive) return;
    this.#keepsClient = false;
    this.#detach(false);
    if (this.#isAnswered) this.#breakOff(reply.routerError);
    else this.#reply(reply);
  }

  /** After each read from the client. */
  flushToEndpoint(): void {
    const connection = this.#connection;
    if (connection === undefined || connection.requests === 0) return;
    const { deadlines, options } = this.#context;
    const isFree = connection.out.flush();
    if (!isFree) this.#client.pauseForEndpoint();
    if (this.#isAnswered) return;
    if (!isFree || this.isRequestDone) {
      connection.deadlineTick = deadlines.after(options.responseTimeoutMs);
    } else {
      connection.deadlineTick = NEVER;
      this.#client.deadlineTick = deadlines.after(options.clientStallTimeoutMs);
    }
  }

  onEndpointDrain(): void {
    this.#client.resumeForEndpoint();
  }

  onConnected(connection: EndpointConnection): void {
    this.#record.dialMs = performance.now() - this.#attemptStartMs;
    this.#send(connection);
  }

  onResponseHead(head: ResponseHead): void {
    if (head.status === 101) return this.#switchProtocol(head);
    if (head.status < 200) return this.#interim(head);
    const connection = this.#connection;
    if (connection === undefined) return;
    const { options, isDraining, deadlines, date } = this.#context;
    this.#isAnswered = true;
    this.#answer.take(head, this.#request);
    if (isDraining || this.#answer.endsClient(this.isRequestDone)) this.#keepsClient = false;
    if (head.keepAliveTimeoutSec >= 0) connection.learnIdleTimeout(head.keepAliveTimeoutSec);
    this.#record.status = head.status;
    this.#context.counters.countResponse(head.status);
    this.#record.firstByteMs = performance.now() - this.#attemptStartMs;
    this.#client.deadlineTick = NEVER;
    connection.deadlineTick = deadlines.after(options.bodyIdleTimeoutMs);
    const { requestId } = this.#record;
    const keeps = this.#keepsClient;
    const dateLine = head.hasDate ? '' : date.at(Date.now());
    this.#client.out.text(this.#answer.headText(head, this.#request, keeps, requestId, dateLine));
  }

  onBody(bytes: Buffer, start: number, end: number): void {
    this.#record.responseBodyBytes += end - start;
    this.#client.out.body(bytes, start, end, this.#answer.isChunked);
  }

  onBodyEnd(trailers: string): void {
    if (this.#answer.isChunked) this.#client.out.text(lastChunk(trailers));
    this.#client.out.flush();
    const { endpointKeepAlive } = this.#context.options;
    this.#detach(endpointKeepAlive && this.#answer.keepsEndpoint && this.isRequestDone);
    this.#conclude(this.#keepsClient && this.isRequestDone);
  }

  onResponseRefused(refusal: Refusal): void {
    const endpoint = this.#attempts.endpoint?.key;
    this.#context.log.warn({ refusal, endpoint }, 'malformed response');
    this.#connection?.destroy();
    this.fail('malformed_response');
  }

  /** After each read from the endpoint. */
  afterEndpointRead(): void {
    const { deadlines, options } = this.#context;
    const connection = this.#connection;
    if (connection === undefined) return;
    if (this.#client.out.flush()) {
      if (this.#isAnswered) connection.deadlineTick = deadlines.after(options.bodyIdleTimeoutMs);
      return;
    }
    connection.pause();
    connection.deadlineTick = NEVER;
    this.#client.deadlineTick = deadlines.after(options.clientStallTimeoutMs);
  }

  onClientDrain(): void {
    const { deadlines, options } = this.#context;
    const connection = this.#connection;
    this.#client.deadlineTick = NEVER;
    if (connection === undefined) return;
    connection.deadlineTick = deadlines.after(options.bodyIdleTimeoutMs);
    connection.resume();
  }

  /** FIN from the client: an upload is lost by it; a complete request may still want its answer. */
  onClientEnd(): void {
    const { deadlines, options } = this.#context;
    if (!this.isRequestDone) this.#client.destroy();
    else if (!this.#isAnswered) {
      this.#client.deadlineTick = deadlines.after(options.halfCloseGraceMs);
    }
  }

  onClientClose(): void {
    if (!this.#isActive) return;
    this.#detach(false);
    this.#context.counters.clientAborts++;
    if (!this.#isAnswered) this.#record.status = 499;
    this.#record.routerError = 'endpoint_failure (client disconnected)';
    this.#conclude(false);
  }

  /** The connection to the endpoint is gone before the answer was complete. */
  fail(kind: FailureKind): void {
    if (!this.#isActive) return;
    const failure = FAILURES[kind];
    this.#trace?.failed(kind);
    const wasReused = this.#connection?.wasReused ?? false;
    this.#connection = undefined;
    this.#attempts.leave();
    if (this.#isAnswered) return this.#breakOff(`endpoint_failure (${failure.cause})`);
    const repeats = mayRepeat(failure, this.#request.isRepeatable, this.#hasSentBody);
    const again = repeats && wasReused ? this.#attempts.again() : undefined;
    if (again === undefined) return this.#failAttempt(kind, failure, repeats);
    this.#context.counters.staleConnections++;
    this.#trace?.tries(again);
    this.#dial(again);
  }

  #reset(epochMs: number): void {
    this.#isActive = true;
    this.#record = new AccessRecord();
    describeClient(this.#record, this.#client, epochMs);
    this.#startMs = performance.now();
    this.#hasSentBody = false;
    this.#attempts.clear();
    this.#isAnswered = false;
    this.#trace = undefined;
    this.#requests++;
    this.#context.counters.requests++;
  }

  #attempt(): void {
    const endpoint = this.#attempts.next();
    if (endpoint === undefined) return this.#reply(noEndpoints(this.#request.host));
    const record = this.#record;
    describeEndpoint(record, endpoint);
    this.#trace?.tries(endpoint);
    this.#attemptStartMs = record.failedAttempts === 0 ? this.#endpointStartMs : performance.now();
    if (endpoint.tls) return this.fail('tls_unsupported');
    const idle = connectionsOf(endpoint).take(this.#attemptStartMs, this.#request.isRepeatable);
    if (idle === undefined) this.#dial(endpoint);
    else this.#send(idle);
  }

  #dial(endpoint: Endpoint): void {
    if (!this.isRequestDone) this.#client.holdBody();
    const home = connectionsOf(endpoint);
    this.#connection = new EndpointConnection(this.#context, endpoint, home, this, this.#trace);
  }

  #send(connection: EndpointConnection): void {
    const { endpoint } = this.#attempts;
    if (endpoint === undefined) return;
    this.#connection = connection;
    connection.begin(this, this.#request.answersHead);
    this.#record.localPort = connection.localPort;
    this.#record.reusedConnection = connection.wasReused;
    this.#trace?.sends(connection, this.#record.dialMs);
    connection.out.text(`${this.#request.text}${connectionsOf(endpoint).identityOf(endpoint)}\r\n`);
    if (!this.isRequestDone) this.#client.releaseBody();
    // Within a read from the client more may follow for the same write.
    if (this.isRequestDone || !this.#client.isReading) this.flushToEndpoint();
  }

  #interim(head: ResponseHead): void {
    if (!this.#request.isHttp10) this.#client.out.text(rewriteInterim(head));
  }

  #switchProtocol(head: ResponseHead): void {
    const connection = this.#connection;
    const { counters } = this.#context;
    if (connection === undefined) return;
    if (!this.#request.isWebsocket || head.upgrade !== 'websocket') {
      connection.destroy();
      return this.fail('upgrade_mismatch');
    }
    this.#isAnswered = true;
    this.#record.status = 101;
    this.#record.firstByteMs = performance.now() - this.#attemptStartMs;
    this.#client.out.text(rewriteSwitch(head, this.#record.requestId));
    this.#client.out.flush();
    const tunnel = new Tunnel(this.#client, connection, () => this.#endTunnel(tunnel));
    counters.websocketUpgrades++;
    counters.tunnels++;
    connection.becomeTunnel(tunnel);
    this.#client.becomeTunnel(tunnel);
  }

  #endTunnel(tunnel: Tunnel): void {
    this.#context.counters.tunnels--;
    this.#record.requestBodyBytes = tunnel.bytesFromClient;
    this.#record.responseBodyBytes = tunnel.bytesFromEndpoint;
    this.#record.endpointMs = performance.now() - this.#endpointStartMs;
    this.#connection = undefined;
    this.#attempts.leave();
    this.#conclude(false);
  }

  #failAttempt(kind: FailureKind, failure: Failure, repeats: boolean): void {
    const { counters, log, options } = this.#context;
    const { endpoint } = this.#attempts;
    counters.endpointFailures++;
    this.#record.failedAttempts++;
    this.#record.failedAttemptsMs = performance.now() - this.#endpointStartMs;
    this.#record.endpointMs = this.#record.failedAttemptsMs;
    log.warn({ endpoint: endpoint?.key, app: endpoint?.appGuid, failure: kind }, 'endpoint failed');
    if (this.#attempts.fail(failure, options.maxAttempts) && repeats) {
      counters.retries++;
      return this.#attempt();
    }
    if (this.#request.isWebsocket) counters.websocketFailures++;
    this.#reply(endpointFailure(failure.status, failure.cause));
  }

  #breakOff(routerError: string): void {
    this.#context.counters.truncatedResponses++;
    this.#record.routerError = routerError;
    this.#record.endpointMs = performance.now() - this.#endpointStartMs;
    this.#client.out.flush();
    this.#end();
    this.#client.abort(this.#answer.isSelfDelimited);
  }

  #reply(reply: LocalReply): void {
    this.#record.routerError = reply.routerError;
    this.#context.counters.countResponse(reply.status);
    this.#replyText(reply.status, form => localReplyText(reply, form));
  }

  #replyHealth(): void {
    const isHealthy = this.#context.options.isHealthy();
    this.#replyText(isHealthy ? 200 : 503, form => healthReplyText(isHealthy, form));
  }

  #replyText(status: number, write: (form: ReplyForm) => string): void {
    const keeps = this.#keepsClient && this.isRequestDone;
    const text = write(this.#request.replyForm(keeps, this.#context.date.at(Date.now())));
    this.#isAnswered = true;
    this.#record.status = status;
    this.#record.responseBodyBytes = text.length - text.indexOf('\r\n\r\n') - 4;
    this.#client.out.text(text);
    this.#client.out.flush();
    this.#conclude(keeps);
  }

  /** Lets go of the endpoint. */
  #detach(keepsConnection: boolean): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    const nowMs = performance.now();
    this.#record.endpointMs = nowMs - this.#endpointStartMs;
    this.#connection = undefined;
    this.#attempts.leave();
    if (keepsConnection && connection.isReusable && !this.#attempts.endpoint?.gone) {
      connection.release(nowMs);
    } else {
      connection.destroy();
    }
  }

  #conclude(keepsClient: boolean): void {
    this.#end();
    this.#client.exchangeDone(keepsClient);
  }

  #end(): void {
    const record = this.#record;
    this.#isActive = false;
    record.totalMs = performance.now() - this.#startMs;
    this.#context.accessLog.write(record);
    if (this.#trace !== undefined) this.#context.tracing.report(this.#trace, record);
  }
}
