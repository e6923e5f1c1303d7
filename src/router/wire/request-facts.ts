import { BODY } from '../../http1/body-framing.ts';
import type { RequestHead } from '../../http1/request-head.ts';
import type { ReplyForm } from '../rewrite/local-reply.ts';
import type { RequestRewriter } from '../rewrite/request-rewrite.ts';
import type { Endpoint } from '../table/endpoint.ts';
import type { AccessRecord } from './access-record.ts';

/** What an exchange must remember of its request once the shared head is another's. */
export class RequestFacts {
  /** The head for an endpoint, without the endpoint's identity. */
  text = '';
  /** As the client sent it. */
  host = '';
  hasBody = false;
  isChunked = false;
  isHttp10 = false;
  answersHead = false;
  isWebsocket = false;
  /** May be sent twice: safe or marked idempotent, and without a body. */
  isRepeatable = false;
  /** The client wants its connection kept open. */
  keepsClient = true;

  /** Of a request whose head could not be read. */
  clear(): void {
    this.text = '';
    this.host = '';
    this.hasBody = false;
    this.isChunked = false;
    this.isHttp10 = false;
    this.answersHead = false;
    this.isWebsocket = false;
    this.isRepeatable = false;
    this.keepsClient = false;
  }

  /** Call right after `rewriter` rewrote `head`. */
  take(head: RequestHead, rewriter: RequestRewriter): void {
    const { connection, method } = head;
    this.text = rewriter.text;
    this.host = head.authority;
    this.hasBody = head.bodyKind !== BODY.none;
    this.isChunked = head.framing.chunked;
    this.isHttp10 = head.minorVersion === 0;
    this.answersHead = method === 'HEAD';
    this.isWebsocket = rewriter.isWebsocket;
    this.isRepeatable = !this.hasBody && (isSafe(method) || head.idempotencyKey);
    this.keepsClient = !connection.close && (!this.isHttp10 || connection.keepAlive);
  }

  /** For an answer of the router's own. */
  replyForm(keepsClient: boolean, dateLine: string): ReplyForm {
    return {
      isHttp10: this.isHttp10,
      answersHead: this.answersHead,
      closes: !keepsClient,
      keepsAlive: keepsClient,
      dateLine,
    };
  }
}

/** Fills in who asks, and when. */
export function describeClient(
  record: AccessRecord,
  client: Pick<AccessRecord, 'remoteAddress' | 'listenPort'>,
  epochMs: number,
): void {
  record.startedEpochMs = epochMs;
  record.remoteAddress = client.remoteAddress;
  record.listenPort = client.listenPort;
}

/** Fills in what is known of a request before anything is done with it. */
export function describeRequest(
  record: AccessRecord,
  head: RequestHead,
  rewriter: RequestRewriter,
): void {
  record.host = head.authority;
  record.method = head.method;
  record.target = head.rawTarget;
  if (head.minorVersion === 0) record.protocol = 'HTTP/1.0';
  record.referer = rewriter.referer;
  record.userAgent = rewriter.userAgent;
  record.forwardedFor = rewriter.receivedForwardedFor;
  record.forwardedProto = rewriter.forwardedProto;
  record.requestId = rewriter.requestId;
}

/** Fills in who is asked. */
export function describeEndpoint(record: AccessRecord, endpoint: Endpoint): void {
  record.endpointAddress = endpoint.key;
  record.appGuid = endpoint.appGuid;
  record.instanceId = endpoint.instanceId;
  record.instanceIndex = endpoint.instanceIndex;
}

/** Methods that gorouter repeats: safe ones (RFC 9110 §9.2.1). */
function isSafe(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS' || method === 'TRACE';
}
