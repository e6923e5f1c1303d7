import { BODY, BodyFraming } from './body-framing.ts';
import { ConnectionOptions } from './connection-options.ts';
import { HEADER } from './header-id.ts';
import { HeaderTable, INCOMPLETE, REFUSED } from './header-table.ts';
import type { Limits } from './limits.ts';
import { AUTHORITY, CR, controlOrUndefined, LF, OCTET, SP, TARGET, TOKEN } from './octets.ts';
import type { Refusal } from './refusal.ts';
import { parseTarget, TargetParts } from './request-target.ts';

const MAX_METHOD_BYTES = 32;

/**
 * The head of one request. Read, used at once and overwritten by the next: one object serves all
 * connections of a process, so nobody may keep it beyond the call that handed it out.
 */
export class RequestHead {
  readonly headers = new HeaderTable();
  readonly framing = new BodyFraming();
  readonly connection = new ConnectionOptions();
  readonly target = new TargetParts();
  method = '';
  /** 1 for HTTP/1.1, 0 for HTTP/1.0. */
  minorVersion = 1;
  /** Lower case, without port; from the target if that is in absolute form. May be empty. */
  host = '';
  /** As sent, with port. */
  authority = '';
  /** Where the field lines start in the text. */
  requestLineEnd = 0;
  /** Lower-case value of Upgrade, or ''. */
  upgrade = '';
  expectContinue = false;
  idempotencyKey = false;
  refusal: Refusal = 'bad_request_line';

  #targetStart = 0;
  #targetEnd = 0;

  get text(): string {
    return this.headers.text;
  }

  /** One of {@link BODY}; a request is never closed by the end of the connection. */
  get bodyKind(): number {
    if (this.framing.chunked) return BODY.chunked;
    return this.framing.contentLength > 0 ? BODY.length : BODY.none;
  }

  /** The request target, byte for byte. */
  get rawTarget(): string {
    return this.headers.text.slice(this.#targetStart, this.#targetEnd);
  }

  /**
   * Reads one head from `bytes[start, end)`.
   * @returns the index after it, `INCOMPLETE`, or `REFUSED` with {@link refusal} set
   */
  read(bytes: Buffer, start: number, end: number, limits: Limits): number {
    const fields = this.#readRequestLine(bytes, start, end);
    if (fields < 0) return fields;
    const after = this.headers.read(bytes, start, fields, end, limits.maxHeaders);
    if (after === REFUSED) this.refusal = this.headers.refusal;
    if (after < 0) return after;
    if (after - start >= limits.maxHeadBytes) return this.#refuse('head_too_large');
    this.headers.text = bytes.toString('latin1', start, after);
    const refusal = this.#survey();
    return refusal === undefined ? after : this.#refuse(refusal);
  }

  /** RFC 9112 §3: `method SP request-target SP HTTP-version CRLF`, with exactly one space each. */
  #readRequestLine(bytes: Buffer, start: number, end: number): number {
    let at = start;
    while (at < end && ((OCTET[bytes[at] ?? 0] ?? 0) & TOKEN) !== 0) at++;
    if (at - start > MAX_METHOD_BYTES) return this.#refuse('bad_method');
    if (at >= end) return INCOMPLETE;
    if (bytes[at] !== SP || at === start) return this.#refuseAt(bytes[at] ?? 0, 'bad_method');
    this.method = methodOf(bytes, start, at);
    const targetStart = at + 1;
    at = targetStart;
    while (at < end && ((OCTET[bytes[at] ?? 0] ?? 0) & TARGET) !== 0) at++;
    if (at >= end) return INCOMPLETE;
    if (bytes[at] !== SP || at === targetStart) {
      return this.#refuseAt(bytes[at] ?? 0, 'bad_target');
    }
    this.#targetStart = targetStart - start;
    this.#targetEnd = at - start;
    return this.#readVersion(bytes, start, at + 1, end);
  }

  #readVersion(bytes: Buffer, start: number, at: number, end: number): number {
    for (let i = 0; i < VERSION.length; i++) {
      if (at + i >= end) return INCOMPLETE;
      if (bytes[at + i] !== VERSION[i]) return this.#refuseVersion(bytes, at, at + i, end);
    }
    const digit = at + VERSION.length;
    if (digit + 2 >= end) {
      // Nothing but the digit and CRLF may follow; say no early when it cannot become that.
      return digit + 1 < end && bytes[digit + 1] !== CR
        ? this.#refuseVersion(bytes, at, digit + 1, end)
        : INCOMPLETE;
    }
    const minor = (bytes[digit] ?? 0) - 0x30;
    if (minor !== 0 && minor !== 1) return this.#refuseVersion(bytes, at, digit, end);
    if (bytes[digit + 1] !== CR || bytes[digit + 2] !== LF) {
      return this.#refuseVersion(bytes, at, digit + 1, end);
    }
    this.minorVersion = minor;
    this.requestLineEnd = digit + 3 - start;
    return digit + 3;
  }

  #refuseVersion(bytes: Buffer, at: number, wrong: number, end: number): number {
    const octet = bytes[wrong] ?? 0;
    const control = controlOrUndefined(octet);
    if (control === 'bare_lf' || control === 'nul') return this.#refuse(control);
    const named = bytes.toString('latin1', at, Math.min(end, at + 9));
    if (/^HTTP\/\d\.?$/.test(named)) return INCOMPLETE;
    return this.#refuse(
      /^HTTP\/\d\.\d(\r|$)/.test(named) && !/^HTTP\/1\.[01]/.test(named)
        ? 'http_version'
        : 'bad_request_line',
    );
  }

  /** One pass over the fields for everything that decides how the message is handled. */
  #survey(): Refusal | undefined {
    const { headers, framing, connection } = this;
    framing.clear();
    connection.clear();
    this.upgrade = '';
    this.expectContinue = false;
    this.idempotencyKey = false;
    let hostIndex = -1;
    for (let i = 0; i < headers.count; i++) {
      let refusal: Refusal | undefined;
      switch (headers.ids[i]) {
        case HEADER.host:
          if (hostIndex >= 0) return 'multiple_host';
          hostIndex = i;
          break;
        case HEADER.connection:
          connection.add(headers.value(i));
          break;
        case HEADER.contentLength:
          refusal = framing.addContentLength(headers.value(i));
          break;
        case HEADER.transferEncoding:
          refusal = framing.addTransferEncoding(headers.value(i));
          break;
        case HEADER.upgrade:
          this.upgrade = this.upgrade === '' ? headers.value(i).toLowerCase() : 'several';
          break;
        case HEADER.expect:
          if (headers.value(i).toLowerCase() !== '100-continue') refusal = 'unknown_expectation';
          this.expectContinue = true;
          break;
        case HEADER.idempotencyKey:
          this.idempotencyKey = true;
          break;
      }
      if (refusal !== undefined) return refusal;
    }
    return framing.check(this.minorVersion) ?? this.#readTargetAndHost(hostIndex);
  }

  #readTargetAndHost(hostIndex: number): Refusal | undefined {
    const { headers, target } = this;
    const refusal = parseTarget(
      this.method,
      headers.text,
      this.#targetStart,
      this.#targetEnd,
      target,
    );
    if (refusal !== undefined) return refusal;
    if (hostIndex < 0 && this.minorVersion === 1) return 'missing_host';
    const fromField = hostIndex < 0 ? '' : headers.value(hostIndex);
    if (!isAuthority(fromField)) return 'bad_host';
    this.authority = target.authority ?? fromField;
    const host = hostWithoutPort(this.authority);
    if (host === undefined) return 'bad_host';
    this.host = host.toLowerCase();
    return undefined;
  }

  #refuseAt(octet: number, otherwise: Refusal): number {
    if (octet === CR) return this.#refuse('bad_request_line');
    return this.#refuse(controlOrUndefined(octet) ?? otherwise);
  }

  #refuse(refusal: Refusal): number {
    this.refusal = refusal;
    return REFUSED;
  }
}

const VERSION = Buffer.from('HTTP/1.', 'latin1');

/** `GET` without making a string: it is most of all requests. */
function methodOf(bytes: Buffer, start: number, end: number): string {
  if (end - start === 3 && bytes[start] === 0x47 && bytes[start + 1] === 0x45) {
    if (bytes[start + 2] === 0x54) return 'GET';
  }
  return bytes.toString('latin1', start, end);
}

function isAuthority(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    if (((OCTET[text.charCodeAt(i)] ?? 0) & AUTHORITY) === 0) return false;
  }
  return true;
}

/** `host` of `host[:port]`; undefined when the brackets of an IPv6 literal or the port are wrong. */
function hostWithoutPort(authority: string): string | undefined {
  if (authority.charCodeAt(0) === 0x5b) {
    const match = /^(\[[0-9A-Fa-f:.]+\])(:\d{0,5})?$/.exec(authority);
    return match?.[1];
  }
  if (authority.includes('[') || authority.includes(']')) return undefined;
  const colon = authority.indexOf(':');
  if (colon < 0) return authority;
  for (let i = colon + 1; i < authority.length; i++) {
    const digit = authority.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
  }
  return authority.length - colon > 6 ? undefined : authority.slice(0, colon);
}
