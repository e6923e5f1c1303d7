import { createHash } from 'node:crypto';
import type { AccessRecord } from '../wire/access-record.ts';

export interface AccessLineOptions {
  readonly hideForwardedFor: boolean;
  readonly hideSourceIp: boolean;
  /** What happens to the query of a GET. */
  readonly redactQuery: 'none' | 'all' | 'hash';
}

/**
 * gorouter's access log line, with its line feed. Two differences on purpose: the time is UTC, as
 * its `Z` says (gorouter writes local time), and one line is written for every record.
 */
export function formatAccessLine(record: AccessRecord, options: AccessLineOptions): string {
  const target =
    options.redactQuery === 'none' ? record.target : redacted(record, options.redactQuery);
  const remoteAddress = options.hideSourceIp ? '' : record.remoteAddress;
  const forwardedFor = options.hideForwardedFor ? '' : record.forwardedFor;
  const safe = needsEscape(record, target) ? escaped : asIs;
  const quoted = (text: string): string => (text === '' ? '"-"' : `"${safe(text)}"`);
  const routerMs = record.endpointMs < 0 ? record.totalMs : record.totalMs - record.endpointMs;
  return (
    `${safe(record.host)} - [${timestamp(record.startedEpochMs)}] ` +
    `"${safe(record.method)} ${safe(target)} ${record.protocol}" ` +
    `${record.status === 0 ? '"-"' : record.status} ` +
    `${record.requestBodyBytes} ${record.responseBodyBytes} ` +
    `${quoted(record.referer)} ${quoted(record.userAgent)} ` +
    `${quoted(remoteAddress)} ${quoted(record.endpointAddress)} ` +
    `x_forwarded_for:${quoted(forwardedFor)} ` +
    `x_forwarded_proto:${quoted(record.forwardedProto)} ` +
    `vcap_request_id:${quoted(record.requestId)} ` +
    `response_time:${seconds(record.totalMs)} ` +
    `gorouter_time:${seconds(routerMs)} ` +
    `app_id:${quoted(record.appGuid)} app_index:${quoted(record.instanceIndex)} ` +
    `instance_id:${quoted(record.instanceId)} ` +
    `x_cf_routererror:${quoted(record.routerError)}\n`
  );
}

/** Quotes, backslashes, control characters, and what does not fit a byte. */
const UNSAFE = /[^ !#-[\]-~\x80-\xff]/;
const UNSAFE_ALL = new RegExp(UNSAFE, 'gu');

/** One look at all values instead of one at each: nearly always there is nothing to escape. */
function needsEscape(record: AccessRecord, target: string): boolean {
  return UNSAFE.test(
    record.host +
      record.method +
      target +
      record.referer +
      record.userAgent +
      record.remoteAddress +
      record.endpointAddress +
      record.forwardedFor +
      record.forwardedProto +
      record.requestId +
      record.appGuid +
      record.instanceIndex +
      record.instanceId +
      record.routerError,
  );
}

function asIs(text: string): string {
  return text;
}

/** As Go's `%q` writes it, without the quotes. */
function escaped(text: string): string {
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

function redacted(record: AccessRecord, how: 'all' | 'hash'): string {
  const { target, method } = record;
  const query = target.indexOf('?');
  if (method !== 'GET' || query < 0) return target;
  const path = target.slice(0, query);
  if (how === 'all') return path;
  const digest = createHash('sha1')
    .update(target.slice(query + 1), 'latin1')
    .digest('hex');
  return `${path}?hash=${digest}`;
}
