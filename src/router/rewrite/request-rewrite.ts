import { randomUUID } from 'node:crypto';
import { BODY } from '../../http1/body-framing.ts';
import { HEADER } from '../../http1/header-id.ts';
import type { RequestHead } from '../../http1/request-head.ts';
import { ACTION, actionTable, HOP_BY_HOP, isListed } from './hop-by-hop.ts';

const ACTIONS = actionTable(
  [
    ...HOP_BY_HOP,
    HEADER.xVcapRequestId,
    HEADER.xCfApplicationId,
    HEADER.xCfInstanceId,
    HEADER.xCfInstanceIndex,
    HEADER.xCfAppInstance,
    HEADER.xSprueTrace,
  ],
  [
    HEADER.host,
    HEADER.te,
    HEADER.trailer,
    HEADER.expect,
    HEADER.referer,
    HEADER.userAgent,
    HEADER.xForwardedFor,
    HEADER.xForwardedProto,
    HEADER.xRequestStart,
  ],
);

export interface RequestOrigin {
  readonly remoteIp: string;
  /** `http` or `https`: how the client reached this router. */
  readonly scheme: string;
}

/**
 * Writes the head that an endpoint gets. One object serves all requests: its fields hold what the
 * last {@link rewrite} found and made.
 */
export class RequestRewriter {
  /** Everything but the endpoint's identity headers and the empty line. */
  text = '';
  requestId = '';
  /** What the endpoint gets, with the client's address at the end. */
  forwardedFor = '';
  /** What the client sent; '' when it sent none. */
  receivedForwardedFor = '';
  forwardedProto = '';
  referer = '';
  userAgent = '';
  isWebsocket = false;

  readonly #keepAlive: boolean;
  #hasProto = false;
  #hasStart = false;
  #wantsTrailers = false;

  /** @param keepAlive false asks endpoints to close after each response */
  constructor(keepAlive: boolean) {
    this.#keepAlive = keepAlive;
  }

  rewrite(head: RequestHead, origin: RequestOrigin, epochMs: number): void {
    this.#clear(origin.scheme);
    this.isWebsocket = isWebsocketUpgrade(head);
    let text = requestLine(head) + this.#keptFields(head);
    const received = this.receivedForwardedFor;
    this.forwardedFor = received === '' ? origin.remoteIp : `${received}, ${origin.remoteIp}`;
    this.requestId = randomUUID();
    text += `X-Forwarded-For: ${this.forwardedFor}\r\nX-Vcap-Request-Id: ${this.requestId}\r\n`;
    if (!this.#hasProto) text += `X-Forwarded-Proto: ${origin.scheme}\r\n`;
    if (!this.#hasStart) text += `X-Request-Start: ${Math.floor(epochMs)}\r\n`;
    if (head.framing.chunked) text += 'Transfer-Encoding: chunked\r\n';
    if (this.isWebsocket) text += 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
    else if (this.#wantsTrailers) text += 'TE: trailers\r\nConnection: TE\r\n';
    else if (!this.#keepAlive) text += 'Connection: close\r\n';
    this.text = text;
  }

  #clear(scheme: string): void {
    this.receivedForwardedFor = '';
    this.forwardedProto = scheme;
    this.referer = '';
    this.userAgent = '';
    this.#hasProto = false;
    this.#hasStart = false;
    this.#wantsTrailers = false;
  }

  /** Fields that go on as they are, in runs as long as possible. */
  #keptFields(head: RequestHead): string {
    const { headers, connection } = head;
    const { listed } = connection;
    let kept = '';
    let runStart = head.requestLineEnd;
    for (let i = 0; i < headers.count; i++) {
      let action = ACTIONS[headers.ids[i] ?? 0] ?? 0;
      if (action === ACTION.special) action = this.#special(head, i);
      if (action === ACTION.keep && (listed === undefined || !isListed(headers, i, listed)))
        continue;
      const start = headers.lineStarts[i] ?? 0;
      if (start > runStart) kept += headers.text.slice(runStart, start);
      runStart = headers.lineStarts[i + 1] ?? 0;
    }
    const end = headers.lineStarts[headers.count] ?? 0;
    return end > runStart ? kept + headers.text.slice(runStart, end) : kept;
  }

  #special(head: RequestHead, index: number): number {
    const { headers } = head;
    switch (headers.ids[index]) {
      case HEADER.userAgent:
        this.userAgent = headers.value(index);
        return ACTION.keep;
      case HEADER.referer:
        this.referer = headers.value(index);
        return ACTION.keep;
      case HEADER.xForwardedFor:
        this.#addForwardedFor(headers.value(index));
        return ACTION.drop;
      case HEADER.xForwardedProto:
        this.#hasProto = true;
        this.forwardedProto = headers.value(index);
        return ACTION.keep;
      case HEADER.xRequestStart:
        this.#hasStart = true;
        return ACTION.keep;
      case HEADER.te:
        this.#wantsTrailers ||= /(?:^|,)\s*trailers\s*(?:,|$)/i.test(headers.value(index));
        return ACTION.drop;
      case HEADER.trailer:
        return head.framing.chunked ? ACTION.keep : ACTION.drop;
      case HEADER.expect:
        // RFC 9110 §10.1.1: an HTTP/1.0 client cannot mean it.
        return head.minorVersion === 1 ? ACTION.keep : ACTION.drop;
      default:
        // Host: an absolute-form target overrides it (RFC 9112 §3.2.2); see requestLine().
        return head.target.authority === undefined ? ACTION.keep : ACTION.drop;
    }
  }

  #addForwardedFor(value: string): void {
    const received = this.receivedForwardedFor;
    this.receivedForwardedFor = received === '' ? value : `${received}, ${value}`;
  }
}

/** Byte for byte as it came, but always in HTTP/1.1. */
function requestLine(head: RequestHead): string {
  const { authority } = head.target;
  const line =
    head.minorVersion === 1
      ? head.headers.text.slice(0, head.requestLineEnd)
      : `${head.method} ${head.rawTarget} HTTP/1.1\r\n`;
  return authority === undefined ? line : `${line}Host: ${authority}\r\n`;
}

/** RFC 6455 §4.1. Any other upgrade is not passed on; h2c least of all, it would hide requests. */
function isWebsocketUpgrade(head: RequestHead): boolean {
  return (
    head.upgrade === 'websocket' &&
    head.connection.upgrade &&
    head.method === 'GET' &&
    head.minorVersion === 1 &&
    head.bodyKind === BODY.none
  );
}
