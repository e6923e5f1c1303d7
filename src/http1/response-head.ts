import { BODY, BodyFraming } from './body-framing.ts';
import { ConnectionOptions } from './connection-options.ts';
import { HEADER } from './header-id.ts';
import { HeaderTable, INCOMPLETE, REFUSED } from './header-table.ts';
import type { Limits } from './limits.ts';
import { CR, controlOrUndefined, FIELD, LF, OCTET, SP } from './octets.ts';
import type { Refusal } from './refusal.ts';

/** The head of one response. Shared and overwritten like {@link RequestHead}. */
export class ResponseHead {
  readonly headers = new HeaderTable();
  readonly framing = new BodyFraming();
  readonly connection = new ConnectionOptions();
  status = 0;
  minorVersion = 1;
  /** Where the field lines start in the text. */
  statusLineEnd = 0;
  /** `timeout` of a Keep-Alive field in seconds, or -1. */
  keepAliveTimeoutSec = -1;
  /** Lower-case value of Upgrade, or ''. */
  upgrade = '';
  hasDate = false;
  hasRequestId = false;
  refusal: Refusal = 'bad_status_line';

  get text(): string {
    return this.headers.text;
  }

  /** The reason phrase as sent; often empty. */
  get reason(): string {
    return this.headers.text.slice(REASON_START, Math.max(REASON_START, this.statusLineEnd - 2));
  }

  /** How the body of this answer to a request ends (RFC 9112 §6.3). */
  bodyKind(answersHead: boolean): number {
    if (answersHead || this.status < 200 || this.status === 204 || this.status === 304) {
      return BODY.none;
    }
    if (this.framing.chunked) return BODY.chunked;
    if (this.framing.contentLength < 0) return BODY.untilClose;
    return this.framing.contentLength > 0 ? BODY.length : BODY.none;
  }

  /** Whether the server keeps the connection open after this response (RFC 9112 §9.3). */
  get keepsAlive(): boolean {
    if (this.connection.close) return false;
    return this.minorVersion === 1 || this.connection.keepAlive;
  }

  /** Reads one head from `bytes[start, end)`; answers like {@link RequestHead.read}. */
  read(bytes: Buffer, start: number, end: number, limits: Limits): number {
    const fields = this.#readStatusLine(bytes, start, end);
    if (fields < 0) return fields;
    const after = this.headers.read(bytes, start, fields, end, limits.maxHeaders);
    if (after === REFUSED) this.refusal = this.headers.refusal;
    if (after < 0) return after;
    if (after - start >= limits.maxHeadBytes) return this.#refuse('head_too_large');
    this.headers.text = bytes.toString('latin1', start, after);
    const refusal = this.#survey();
    return refusal === undefined ? after : this.#refuse(refusal);
  }

  /** RFC 9112 §4; the space before an empty reason may be missing, as many servers leave it out. */
  #readStatusLine(bytes: Buffer, start: number, end: number): number {
    for (let i = 0; i < VERSION.length; i++) {
      if (start + i >= end) return INCOMPLETE;
      if (bytes[start + i] !== VERSION[i]) return this.#refuse('bad_status_line');
    }
    let at = start + VERSION.length;
    if (at + 6 >= end) return this.#incompleteUnlessWrong(bytes, at, end);
    const minor = (bytes[at] ?? 0) - 0x30;
    const status = digits3(bytes, at + 2);
    if ((minor !== 0 && minor !== 1) || bytes[at + 1] !== SP || status < 100) {
      return this.#refuse('bad_status_line');
    }
    at += 5;
    if (bytes[at] === SP) {
      while (at < end && ((OCTET[bytes[at] ?? 0] ?? 0) & FIELD) !== 0) at++;
      if (at >= end) return INCOMPLETE;
    }
    if (bytes[at] !== CR) {
      return this.#refuse(controlOrUndefined(bytes[at] ?? 0) ?? 'bad_status_line');
    }
    if (at + 1 >= end) return INCOMPLETE;
    if (bytes[at + 1] !== LF) return this.#refuse('bare_cr');
    this.minorVersion = minor;
    this.status = status;
    this.statusLineEnd = at + 2 - start;
    return at + 2;
  }

  #incompleteUnlessWrong(bytes: Buffer, from: number, end: number): number {
    for (let at = from; at < end; at++) {
      if (bytes[at] === LF) return this.#refuse('bare_lf');
    }
    return INCOMPLETE;
  }

  #survey(): Refusal | undefined {
    const { headers, framing, connection } = this;
    framing.clear();
    connection.clear();
    this.keepAliveTimeoutSec = -1;
    this.upgrade = '';
    this.hasDate = false;
    this.hasRequestId = false;
    for (let i = 0; i < headers.count; i++) {
      let refusal: Refusal | undefined;
      switch (headers.ids[i]) {
        case HEADER.connection:
          connection.add(headers.value(i));
          break;
        case HEADER.contentLength:
          refusal = framing.addContentLength(headers.value(i));
          break;
        case HEADER.transferEncoding:
          refusal = framing.addTransferEncoding(headers.value(i));
          break;
        case HEADER.keepAlive:
          this.keepAliveTimeoutSec = timeoutOf(headers.value(i));
          break;
        case HEADER.upgrade:
          this.upgrade = headers.value(i).toLowerCase();
          break;
        case HEADER.date:
          this.hasDate = true;
          break;
        case HEADER.xVcapRequestId:
          this.hasRequestId = true;
          break;
      }
      if (refusal !== undefined) return refusal;
    }
    return framing.check(this.minorVersion);
  }

  #refuse(refusal: Refusal): number {
    this.refusal = refusal;
    return REFUSED;
  }
}

const VERSION = Buffer.from('HTTP/1.', 'latin1');
const REASON_START = 'HTTP/1.1 200 '.length;

/** The number written in three digits, 0 when it is none. */
function digits3(bytes: Buffer, at: number): number {
  let value = 0;
  for (let i = at; i < at + 3; i++) {
    const digit = (bytes[i] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return 0;
    value = value * 10 + digit;
  }
  return value;
}

function timeoutOf(value: string): number {
  const match = /(?:^|[,\s])timeout\s*=\s*"?(\d{1,6})/i.exec(value);
  return match === null ? -1 : Number(match[1]);
}
