import { createHash } from 'node:crypto';

/** What one line tells. Strings are bytes as received (latin1); an empty one becomes `"-"`. */
export interface LoggedRequest {
  readonly host: string;
  readonly method: string;
  /** Request target as received. */
  readonly target: string;
  /** `HTTP/1.1` */
  readonly protocol: string;
  /** 0 = no answer was sent. */
  readonly status: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly referer: string;
  readonly userAgent: string;
  /** `ip:port` of the client. */
  readonly remoteAddress: string;
  /** `ip:port` of the endpoint. */
  readonly backendAddress: string;
  readonly forwardedFor: string;
  readonly forwardedProto: string;
  readonly requestId: string;
  /** Milliseconds since the epoch, with fractions. */
  readonly startedMs: number;
  readonly responseTimeMs: number;
  /** Of that, what was not spent waiting for the endpoint. */
  readonly routerTimeMs: number;
  readonly appGuid: string;
  readonly instanceIndex: string;
  readonly instanceId: string;
  readonly routerError: string;
}

export interface AccessLineOptions {
  readonly hideForwardedFor: boolean;
  readonly hideSourceIp: boolean;
  /** What happens to the query of a GET. */
  readonly redactQuery: 'none' | 'all' | 'hash';
}

/**
 * gorouter's access log line, with its line feed. Two differences on purpose: the time is UTC, as
 * its `Z` says (gorouter writes local time), and one line is written for every request.
 */
export function formatAccessLine(request: LoggedRequest, options: AccessLineOptions): string {
  const target =
    options.redactQuery === 'none' ? request.target : redacted(request, options.redactQuery);
  const remoteAddress = options.hideSourceIp ? '' : request.remoteAddress;
  const forwardedFor = options.hideForwardedFor ? '' : request.forwardedFor;
  return (
    `${plain(request.host)} - [${timestamp(request.startedMs)}] ` +
    `"${plain(request.method)} ${plain(target)} ${request.protocol}" ` +
    `${request.status === 0 ? '"-"' : request.status} ` +
    `${request.requestBytes} ${request.responseBytes} ` +
    `${quoted(request.referer)} ${quoted(request.userAgent)} ` +
    `${quoted(remoteAddress)} ${quoted(request.backendAddress)} ` +
    `x_forwarded_for:${quoted(forwardedFor)} ` +
    `x_forwarded_proto:${quoted(request.forwardedProto)} ` +
    `vcap_request_id:${quoted(request.requestId)} ` +
    `response_time:${seconds(request.responseTimeMs)} ` +
    `gorouter_time:${seconds(request.routerTimeMs)} ` +
    `app_id:${quoted(request.appGuid)} app_index:${quoted(request.instanceIndex)} ` +
    `instance_id:${quoted(request.instanceId)} ` +
    `x_cf_routererror:${quoted(request.routerError)}\n`
  );
}

/** Quotes, backslashes, control characters, and what does not fit a byte. */
const UNSAFE = /[^ !#-[\]-~\x80-\xff]/;
const UNSAFE_ALL = new RegExp(UNSAFE, 'gu');

/** As Go's `%q` writes it. */
function quoted(text: string): string {
  return text === '' ? '"-"' : `"${plain(text)}"`;
}

function plain(text: string): string {
  return UNSAFE.test(text) ? text.replace(UNSAFE_ALL, escapeCharacter) : text;
}

const NAMED_ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

function escapeCharacter(character: string): string {
  const named = NAMED_ESCAPES[character];
  if (named !== undefined) return named;
  const code = character.codePointAt(0) ?? 0;
  if (code > 0xff) return Buffer.from(character, 'utf8').toString('latin1'); // keep it, as UTF-8
  return `\\x${code.toString(16).padStart(2, '0')}`;
}

/** Seconds with six decimals. */
function seconds(timeMs: number): string {
  const micros = Math.round(timeMs * 1_000);
  if (!(micros >= 0)) return '"-"';
  const whole = Math.floor(micros / 1_000_000);
  return `${whole}.${String(micros - whole * 1_000_000 + 1_000_000).slice(1)}`;
}

let cachedSecond = -1;
let cachedText = '';

/** RFC 3339 with nine digits after the point; the text of a second is made once. */
function timestamp(epochMs: number): string {
  const second = Math.floor(epochMs / 1_000);
  if (second !== cachedSecond) {
    cachedSecond = second;
    cachedText = new Date(second * 1_000).toISOString().slice(0, 19);
  }
  const nanos = Math.floor((epochMs - second * 1_000) * 1_000_000);
  return `${cachedText}.${String(nanos + 1_000_000_000).slice(1)}Z`;
}

function redacted(request: LoggedRequest, how: 'all' | 'hash'): string {
  const { target, method } = request;
  const query = target.indexOf('?');
  if (method !== 'GET' || query < 0) return target;
  const path = target.slice(0, query);
  if (how === 'all') return path;
  const digest = createHash('sha1')
    .update(target.slice(query + 1), 'latin1')
    .digest('hex');
  return `${path}?hash=${digest}`;
}
