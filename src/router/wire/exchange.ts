import { BODY } from '../../http1/body-framing.ts';
import { CHUNK_END, chunkStart, lastChunk } from '../../http1/chunk-encoder.ts';
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
  unknownRoute,
} from '../rewrite/local-reply.ts';
import { rewriteInterim, rewriteResponse, rewriteSwitch } from '../rewrite/response-rewrite.ts';
import type { Endpoint } from '../table/endpoint.ts';
import type { EndpointPool } from '../table/endpoint-pool.ts';
import { AccessRecord } from './access-record.ts';
import type { ClientConnection } from './client-connection.ts';
import { NEVER } from './deadlines.ts';
import { EndpointConnection } from './endpoint-connection.ts';
import { connectionsOf } from './endpoint-connections.ts';
import { FAILURES, type FailureKind, RETRY } from './failure.ts';
import type { ProxyContext } from './proxy-context.ts';
import { Tunnel } from './tunnel.ts';

const NONE_TRIED: readonly Endpoint[] = [];
/** More than any server sends before its answer; a server that goes on for ever is cut off. */
const MAX_INTERIM_RESPONSES = 64;

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

  /** The head for an endpoint, without the endpoint's identity. */
  #text = '';
  #host = '';
  #isChunkedRequest = false;
  #isHttp10 = false;
  #answersHead = false;
  #isWebsocket = false;
  #isRepeatable = false;
  #hasSentBody = false;
  #keepsClient = true;

  #pool: EndpointPool | undefined;
  #endpoint: Endpoint | undefined;
  #connection: EndpointConnection | undefined;
  #tried: Endpoint[] | undefined;
  #attempts = 0;
  #hasRedialled = false;

  #interimResponses = 0;
  #isAnswered = false;
  #isChunkedAnswer = false;
  #isSelfDelimited = true;
  #keepsEndpoint = false;

  constructor(context: ProxyContext, client: ClientConnection) {
    this.#context = context;
    this.#client = client;
  }

  begin(head: RequestHead): void {
    const { rewriter, options, table } = this.#context;
    const epochMs = Date.now();
    this.#reset(epochMs);
    rewriter.rewrite(head, this.#client, epochMs);
    this.#take(head);
    this.#describe(head);
    if (rewriter.userAgent === options.healthCheckUserAgent && rewriter.userAgent !== '') {
      return this.#replyHealth();
    }
    if (head.host === '') return this.#reply(EMPTY_HOST);
    const pool = table.lookup(head.host, head.target.path);
    if (pool === undefined) return this.#reply(unknownRoute(this.#host));
    if (pool.size === 0) return this.#reply(noEndpoints(this.#host));
    this.#pool = pool;
    this.#record.forwardedFor = rewriter.forwardedFor;
    this.#endpointStartMs = this.#startMs;
    this.#attempt();
  }

  /** A request of which not even the head can be used. */
  refuse(reply: LocalReply): void {
    this.#reset(Date.now());
    this.#record.remoteAddress = this.#client.remoteAddress;
    this.#keepsClient = false;
    this.#reply(reply);
  }

  onRequestBody(bytes: Buffer, start: number, end: number): void {
    this.#record.requestBodyBytes += end - start;
    const connection = this.#connection;
    if (connection === undefined) return;
    this.#hasSentBody = true;
    if (this.#isChunkedRequest) connection.out.text(chunkStart(end - start));
    connection.out.bytes(bytes, start, end);
    if (this.#isChunkedRequest) connection.out.text(CHUNK_END);
  }

  onRequestEnd(trailers: string): void {
    this.isRequestDone = true;
    if (this.#isChunkedRequest) this.#connection?.out.text(lastChunk(trailers));
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
    if (head.status < 200) return this.#interim(head);
    const connection = this.#connection;
    if (connection === undefined) return;
    const { options, isDraining, deadlines } = this.#context;
    const bodyKind = head.bodyKind(this.#answersHead);
    this.#isAnswered = true;
    this.#isChunkedAnswer =
      !this.#isHttp10 && (bodyKind === BODY.chunked || bodyKind === BODY.untilClose);
    const endsByClose = this.#isHttp10 && head.framing.contentLength < 0 && bodyKind !== BODY.none;
    this.#isSelfDelimited = !endsByClose;
    // An error in the middle of an upload is nearly always the end of it.
    if (isDraining || endsByClose || (!this.isRequestDone && head.status >= 300)) {
      this.#keepsClient = false;
    }
    if (head.keepAliveTimeoutS >= 0) connection.learnIdleTimeout(head.keepAliveTimeoutS);
    this.#keepsEndpoint =
      options.backendKeepAlive && head.keepsAlive && bodyKind !== BODY.untilClose;
    this.#record.status = head.status;
    this.#context.counters.countResponse(head.status);
    this.#record.firstByteMs = performance.now() - this.#attemptStartMs;
    this.#client.deadlineTick = NEVER;
    connection.deadlineTick = deadlines.after(options.bodyIdleTimeoutMs);
    this.#client.out.text(this.#rewritten(head));
  }

  onBody(bytes: Buffer, start: number, end: number): void {
    const { out } = this.#client;
    this.#record.responseBodyBytes += end - start;
    if (this.#isChunkedAnswer) out.text(chunkStart(end - start));
    out.bytes(bytes, start, end);
    if (this.#isChunkedAnswer) out.text(CHUNK_END);
  }

  onBodyEnd(trailers: string): void {
    if (this.#isChunkedAnswer) this.#client.out.text(lastChunk(trailers));
    this.#client.out.flush();
    this.#detach(this.#keepsEndpoint && this.isRequestDone);
    this.#conclude(this.#keepsClient && this.isRequestDone);
  }

  onResponseRefused(refusal: Refusal): void {
    this.#context.log.warn({ refusal, endpoint: this.#endpoint?.key }, 'malformed response');
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
    this.#client.deadlineTick = NEVER;
    const connection = this.#connection;
    if (connection === undefined) return;
    connection.deadlineTick = this.#context.deadlines.after(
      this.#context.options.bodyIdleTimeoutMs,
    );
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
    const connection = this.#connection;
    const endpoint = this.#endpoint;
    const wasReused = connection?.wasReused ?? false;
    this.#connection = undefined;
    if (endpoint !== undefined) endpoint.inFlight--;
    if (this.#isAnswered) return this.#breakOff(`endpoint_failure (${FAILURES[kind].cause})`);
    const mayRepeat = this.#mayRepeat(kind);
    if (mayRepeat && wasReused && !this.#hasRedialled) return this.#redial();
    this.#failAttempt(kind, mayRepeat);
  }

  #reset(epochMs: number): void {
    this.#isActive = true;
    this.#record = new AccessRecord();
    this.#record.startedEpochMs = epochMs;
    this.#startMs = performance.now();
    this.#host = '';
    this.isRequestDone = true;
    this.#isHttp10 = false;
    this.#answersHead = false;
    this.#hasSentBody = false;
    this.#keepsClient = true;
    this.#pool = undefined;
    this.#endpoint = undefined;
    this.#tried = undefined;
    this.#attempts = 0;
    this.#interimResponses = 0;
    this.#isAnswered = false;
    this.#context.counters.requests++;
  }

  /** Keeps what will be needed when the shared head is already another's. */
  #take(head: RequestHead): void {
    const { rewriter, isDraining } = this.#context;
    const { connection, method } = head;
    const hasBody = head.bodyKind !== BODY.none;
    this.#text = rewriter.text;
    this.#host = head.authority;
    this.#isChunkedRequest = head.framing.chunked;
    this.#isHttp10 = head.minorVersion === 0;
    this.#answersHead = method === 'HEAD';
    this.#isWebsocket = rewriter.isWebsocket;
    this.#isRepeatable = !hasBody && (isSafe(method) || head.idempotencyKey);
    this.isRequestDone = !hasBody;
    this.#keepsClient =
      !isDraining && !connection.close && (!this.#isHttp10 || connection.keepAlive);
  }

  #describe(head: RequestHead): void {
    const { rewriter } = this.#context;
    const record = this.#record;
    record.host = head.authority;
    record.method = head.method;
    record.target = head.rawTarget;
    if (this.#isHttp10) record.protocol = 'HTTP/1.0';
    record.referer = rewriter.referer;
    record.userAgent = rewriter.userAgent;
    record.remoteAddress = this.#client.remoteAddress;
    record.listenPort = this.#client.listenPort;
    record.forwardedFor = rewriter.receivedForwardedFor;
    record.forwardedProto = rewriter.forwardedProto;
    record.requestId = rewriter.requestId;
  }

  #attempt(): void {
    const endpoint = this.#pool?.pick(this.#tried ?? NONE_TRIED);
    if (endpoint === undefined) return this.#reply(noEndpoints(this.#host));
    this.#attempts++;
    this.#endpoint = endpoint;
    this.#hasRedialled = false;
    const record = this.#record;
    record.endpointAddress = endpoint.key;
    record.appGuid = endpoint.appGuid;
    record.instanceId = endpoint.instanceId;
    record.instanceIndex = endpoint.instanceIndex;
    this.#attemptStartMs = this.#attempts === 1 ? this.#startMs : performance.now();
    endpoint.inFlight++;
    if (endpoint.tls) return this.fail('tls_unsupported');
    const idle = connectionsOf(endpoint).take(this.#attemptStartMs, this.#isRepeatable);
    if (idle === undefined) this.#dial(endpoint);
    else this.#send(idle);
  }

  /** A kept-alive connection was dead. That is nobody's failure: the same endpoint, once more. */
  #redial(): void {
    const endpoint = this.#endpoint;
    if (endpoint === undefined) return;
    this.#hasRedialled = true;
    this.#context.counters.staleConnections++;
    endpoint.inFlight++;
    this.#dial(endpoint);
  }

  #dial(endpoint: Endpoint): void {
    if (!this.isRequestDone) this.#client.holdBody();
    this.#connection = new EndpointConnection(
      this.#context,
      endpoint,
      connectionsOf(endpoint),
      this,
    );
  }

  #send(connection: EndpointConnection): void {
    const endpoint = this.#endpoint;
    if (endpoint === undefined) return;
    this.#connection = connection;
    connection.begin(this, this.#answersHead);
    this.#record.localPort = connection.localPort;
    this.#record.reusedConnection = connection.wasReused;
    connection.out.text(`${this.#text}${connectionsOf(endpoint).identityOf(endpoint)}\r\n`);
    if (!this.isRequestDone) this.#client.releaseBody();
    // Within a read from the client more may follow for the same write.
    if (this.isRequestDone || !this.#client.isReading) this.flushToEndpoint();
  }

  #interim(head: ResponseHead): void {
    if (head.status === 101) return this.#switchProtocol(head);
    if (++this.#interimResponses > MAX_INTERIM_RESPONSES) {
      this.#connection?.destroy();
      return this.fail('malformed_response');
    }
    if (!this.#isHttp10) this.#client.out.text(rewriteInterim(head));
  }

  #switchProtocol(head: ResponseHead): void {
    const connection = this.#connection;
    const { counters } = this.#context;
    if (connection === undefined) return;
    if (!this.#isWebsocket || head.upgrade !== 'websocket') {
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
    this.#connection = undefined;
    if (this.#endpoint !== undefined) this.#endpoint.inFlight--;
    this.#conclude(false);
  }

  #rewritten(head: ResponseHead): string {
    const keeps = this.#keepsClient;
    return rewriteResponse(head, {
      isHttp10: this.#isHttp10,
      isChunked: this.#isChunkedAnswer,
      closes: !keeps,
      keepsAlive: keeps,
      requestId: this.#record.requestId,
      dateLine: head.hasDate ? '' : this.#context.date.at(Date.now()),
    });
  }

  /** Nothing of the answer has reached the client; may the request go out once more? */
  #mayRepeat(kind: FailureKind): boolean {
    if (this.#hasSentBody) return false;
    const { retry } = FAILURES[kind];
    return retry === RETRY.always || (retry === RETRY.repeatable && this.#isRepeatable);
  }

  #failAttempt(kind: FailureKind, mayRepeat: boolean): void {
    const { counters, log, options } = this.#context;
    const failure = FAILURES[kind];
    const endpoint = this.#endpoint;
    const pool = this.#pool;
    if (endpoint === undefined || pool === undefined) return;
    counters.endpointFailures++;
    this.#record.failedAttempts++;
    this.#record.failedAttemptsMs = performance.now() - this.#endpointStartMs;
    log.warn({ endpoint: endpoint.key, app: endpoint.appGuid, failure: kind }, 'endpoint failed');
    if (failure.marksFailed) pool.markFailed(endpoint);
    this.#tried ??= [];
    this.#tried.push(endpoint);
    const hasOthers = pool.endpoints.some(other => !this.#tried?.includes(other));
    if (mayRepeat && hasOthers && this.#attempts < options.maxAttempts) {
      counters.retries++;
      return this.#attempt();
    }
    if (this.#isWebsocket) counters.websocketFailures++;
    this.#reply(endpointFailure(failure.status, failure.cause));
  }

  #breakOff(routerError: string): void {
    this.#context.counters.truncatedResponses++;
    this.#record.routerError = routerError;
    this.#client.out.flush();
    this.#end();
    this.#client.abort(this.#isSelfDelimited);
  }

  #reply(reply: LocalReply): void {
    const { date, counters } = this.#context;
    const keeps = this.#keepsClient && this.isRequestDone;
    this.#isAnswered = true;
    this.#record.status = reply.status;
    this.#record.routerError = reply.routerError;
    counters.countResponse(reply.status);
    const text = localReplyText(reply, {
      isHttp10: this.#isHttp10,
      answersHead: this.#answersHead,
      closes: !keeps,
      keepsAlive: keeps,
      dateLine: date.at(Date.now()),
    });
    this.#record.responseBodyBytes = text.length - text.indexOf('\r\n\r\n') - 4;
    this.#client.out.text(text);
    this.#client.out.flush();
    this.#conclude(keeps);
  }

  #replyHealth(): void {
    const keeps = this.#keepsClient && this.isRequestDone;
    const isHealthy = this.#context.options.isHealthy();
    this.#isAnswered = true;
    this.#record.status = isHealthy ? 200 : 503;
    this.#client.out.text(
      healthReplyText(isHealthy, {
        isHttp10: this.#isHttp10,
        answersHead: this.#answersHead,
        closes: !keeps,
        keepsAlive: keeps,
        dateLine: this.#context.date.at(Date.now()),
      }),
    );
    this.#client.out.flush();
    this.#conclude(keeps);
  }

  /** Lets go of the endpoint. */
  #detach(keepsConnection: boolean): void {
    const connection = this.#connection;
    const endpoint = this.#endpoint;
    if (connection === undefined || endpoint === undefined) return;
    this.#connection = undefined;
    endpoint.inFlight--;
    if (keepsConnection && connection.isReusable && !endpoint.gone) {
      connection.release(performance.now());
    } else {
      connection.destroy();
    }
  }

  #conclude(keepsClient: boolean): void {
    this.#end();
    this.#client.exchangeDone(keepsClient);
  }

  #end(): void {
    const nowMs = performance.now();
    const record = this.#record;
    this.#isActive = false;
    record.totalMs = nowMs - this.#startMs;
    if (this.#endpoint !== undefined) record.endpointMs = nowMs - this.#endpointStartMs;
    this.#context.accessLog.write(record);
  }
}

/** Methods that gorouter repeats: safe ones (RFC 9110 §9.2.1). */
function isSafe(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS' || method === 'TRACE';
}
