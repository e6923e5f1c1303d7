import { HEADER } from '../../http1/header-id.ts';
import type { ResponseHead } from '../../http1/response-head.ts';
import { ACTION, actionTable, HOP_BY_HOP, isListed } from './hop-by-hop.ts';

const ACTIONS = actionTable(
  [...HOP_BY_HOP, HEADER.xCfProxySignature],
  [HEADER.contentLength, HEADER.trailer],
);

/** How the client gets the response. */
export interface ResponseForm {
  readonly isHttp10: boolean;
  readonly isChunked: boolean;
  readonly closes: boolean;
  /** Only of use to HTTP/1.0 clients: they must be told. */
  readonly keepsAlive: boolean;
  readonly requestId: string;
  /** `Date: …` line, used when the endpoint sent none. */
  readonly dateLine: string;
}

/** The head of a final response as the client gets it, with its empty line. */
export function rewriteResponse(head: ResponseHead, form: ResponseForm): string {
  let text = statusLine(head, form.isHttp10) + keptFields(head, form.isChunked);
  if (!head.hasDate) text += form.dateLine;
  if (!head.hasRequestId) text += `X-Vcap-Request-Id: ${form.requestId}\r\n`;
  if (form.isChunked) text += 'Transfer-Encoding: chunked\r\n';
  if (form.closes) text += 'Connection: close\r\n';
  else if (form.isHttp10 && form.keepsAlive) text += 'Connection: keep-alive\r\n';
  return `${text}\r\n`;
}

/** A 1xx response other than 101. */
export function rewriteInterim(head: ResponseHead): string {
  return `${statusLine(head, false)}${keptFields(head, false)}\r\n`;
}

/** 101 to a WebSocket handshake. */
export function rewriteSwitch(head: ResponseHead, requestId: string): string {
  let text = statusLine(head, false) + keptFields(head, false);
  if (!head.hasRequestId) text += `X-Vcap-Request-Id: ${requestId}\r\n`;
  return `${text}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
}

function statusLine(head: ResponseHead, isHttp10: boolean): string {
  const line = head.headers.text;
  const hasReasonSpace = head.statusLineEnd > 'HTTP/1.1 200\r\n'.length;
  if (head.minorVersion === 1 && !isHttp10 && hasReasonSpace)
    return line.slice(0, head.statusLineEnd);
  return `HTTP/1.${isHttp10 ? 0 : 1} ${head.status} ${head.reason}\r\n`;
}

function keptFields(head: ResponseHead, isChunked: boolean): string {
  const { headers } = head;
  const { listed } = head.connection;
  let kept = '';
  let runStart = head.statusLineEnd;
  for (let i = 0; i < headers.count; i++) {
    let action = ACTIONS[headers.ids[i] ?? 0] ?? 0;
    if (action === ACTION.special) action = special(head, i, isChunked);
    if (action === ACTION.keep && (listed === undefined || !isListed(headers, i, listed))) continue;
    const start = headers.lineStarts[i] ?? 0;
    if (start > runStart) kept += headers.text.slice(runStart, start);
    runStart = headers.lineStarts[i + 1] ?? 0;
  }
  const end = headers.lineStarts[headers.count] ?? 0;
  return end > runStart ? kept + headers.text.slice(runStart, end) : kept;
}

function special(head: ResponseHead, index: number, isChunked: boolean): number {
  if (head.headers.ids[index] === HEADER.trailer) return isChunked ? ACTION.keep : ACTION.drop;
  // RFC 9110 §8.6: no Content-Length in 1xx and 204.
  return head.status < 200 || head.status === 204 ? ACTION.drop : ACTION.keep;
}
