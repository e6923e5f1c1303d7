import type { Refusal } from './refusal.ts';

/** How the end of a body is found (RFC 9112 §6.3). */
export const BODY = { none: 0, length: 1, chunked: 2, untilClose: 3 } as const;

/** Digits of 2^53 - 1, less one: every accepted length is an exact number. */
const MAX_LENGTH_DIGITS = 15;

/**
 * Collects the framing fields of one head. Whatever two recipients could read differently is
 * refused, because that difference is what request smuggling is made of (RFC 9112 §11.2).
 */
export class BodyFraming {
  /** Declared length; -1 when there is no Content-Length. */
  contentLength = -1;
  chunked = false;

  clear(): void {
    this.contentLength = -1;
    this.chunked = false;
  }

  /** @returns why the field is refused, or undefined */
  addContentLength(value: string): Refusal | undefined {
    if (this.contentLength >= 0) return 'duplicate_content_length';
    if (value.length === 0 || value.length > MAX_LENGTH_DIGITS) return 'bad_content_length';
    let length = 0;
    for (let i = 0; i < value.length; i++) {
      const digit = value.charCodeAt(i) - 0x30;
      if (digit < 0 || digit > 9) return 'bad_content_length';
      length = length * 10 + digit;
    }
    this.contentLength = length;
    return undefined;
  }

  /** Only the one coding `chunked` is understood; no second field, no list, no other coding. */
  addTransferEncoding(value: string): Refusal | undefined {
    if (this.chunked || value.toLowerCase() !== 'chunked') return 'transfer_encoding';
    this.chunked = true;
    return undefined;
  }

  /** Call once all fields are in. */
  check(minorVersion: number): Refusal | undefined {
    if (!this.chunked) return undefined;
    if (this.contentLength >= 0) return 'length_and_chunked';
    return minorVersion === 0 ? 'chunked_in_http10' : undefined;
  }
}
