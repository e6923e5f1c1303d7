import { HeaderTable, INCOMPLETE, isForbiddenInTrailer, REFUSED } from './header-table.ts';
import type { Limits } from './limits.ts';
import { CR, controlOrUndefined, FIELD, LF, OCTET } from './octets.ts';
import type { Refusal } from './refusal.ts';

/** Receives a body as it is read; `bytes` may be reused after the call returns. */
export interface BodySink {
  onBody(bytes: Buffer, start: number, end: number): void;
  /** `trailers` are complete field lines, each with its CRLF; '' when there are none. */
  onBodyEnd(trailers: string): void;
}

const SIZE_FIRST = 0;
const SIZE = 1;
const EXTENSION = 2;
const SIZE_LF = 3;
const DATA = 4;
const DATA_CR = 5;
const DATA_LF = 6;
const TRAILERS = 7;
const DONE = 8;

/** Twelve hex digits are 2^48 bytes: more than anybody sends, and exact in a double. */
const MAX_SIZE_DIGITS = 12;
const NOTHING: Buffer = Buffer.alloc(0);

/** Decodes one chunked body (RFC 9112 §7.1), however the bytes are cut into reads. */
export class ChunkedDecoder {
  refusal: Refusal = 'bad_chunk_size';
  readonly #limits: Limits;
  #state = SIZE_FIRST;
  #remaining = 0;
  #digits = 0;
  #extensionBytes = 0;
  #trailer: Buffer = NOTHING;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  get isDone(): boolean {
    return this.#state === DONE;
  }

  restart(): void {
    this.#state = SIZE_FIRST;
    this.#remaining = 0;
    this.#digits = 0;
    this.#extensionBytes = 0;
    this.#trailer = NOTHING;
  }

  /**
   * Decodes from `bytes[start, end)`. Does not call `onBodyEnd`: the caller does, once {@link isDone}.
   * @returns the index behind what was used, or `REFUSED`
   */
  push(bytes: Buffer, start: number, end: number, sink: BodySink): number {
    let at = start;
    while (at < end) {
      if (this.#state === DATA) {
        const stop = Math.min(end, at + this.#remaining);
        this.#remaining -= stop - at;
        if (this.#remaining === 0) this.#state = DATA_CR;
        sink.onBody(bytes, at, stop);
        at = stop;
      } else if (this.#state === TRAILERS) {
        return this.#readTrailers(bytes, at, end);
      } else if (this.#state === DONE) {
        return at;
      } else {
        const refusal = this.#framingOctet(bytes[at] ?? 0);
        if (refusal !== undefined) return this.#refuse(refusal);
        at++;
      }
    }
    return at;
  }

  /** Checked field lines of the trailer section, without those that may not be there. */
  get trailers(): string {
    if (this.#trailer.length <= 2) return '';
    const table = new HeaderTable();
    table.read(this.#trailer, 0, 0, this.#trailer.length, this.#limits.maxHeaders);
    table.text = this.#trailer.toString('latin1');
    let lines = '';
    for (let i = 0; i < table.count; i++) {
      if (isForbiddenInTrailer(table.ids[i] ?? 0)) continue;
      lines += table.text.slice(table.lineStarts[i], table.lineStarts[i + 1]);
    }
    return lines;
  }

  #framingOctet(octet: number): Refusal | undefined {
    switch (this.#state) {
      case SIZE_FIRST:
      case SIZE:
        return this.#sizeOctet(octet);
      case EXTENSION:
        if (octet === CR) this.#state = SIZE_LF;
        else if (((OCTET[octet] ?? 0) & FIELD) === 0) {
          return controlOrUndefined(octet) ?? 'bad_chunk_size';
        } else if (++this.#extensionBytes > this.#limits.maxChunkExtensionBytes) {
          return 'chunk_extension_too_long';
        }
        return undefined;
      case SIZE_LF:
        if (octet !== LF) return 'bare_cr';
        this.#state = this.#remaining === 0 ? TRAILERS : DATA;
        return undefined;
      case DATA_CR:
        if (octet !== CR) return octet === LF ? 'bare_lf' : 'bad_chunk_end';
        this.#state = DATA_LF;
        return undefined;
      default:
        if (octet !== LF) return 'bad_chunk_end';
        this.#state = SIZE_FIRST;
        this.#digits = 0;
        return undefined;
    }
  }

  #sizeOctet(octet: number): Refusal | undefined {
    const digit = HEX[octet] ?? -1;
    if (digit >= 0) {
      if (++this.#digits > MAX_SIZE_DIGITS) return 'bad_chunk_size';
      this.#remaining = this.#remaining * 16 + digit;
      this.#state = SIZE;
      return undefined;
    }
    if (this.#state === SIZE_FIRST) return 'bad_chunk_size';
    if (octet === CR) this.#state = SIZE_LF;
    else if (octet === SEMICOLON) this.#state = EXTENSION;
    else return octet === LF ? 'bare_lf' : 'bad_chunk_size';
    return undefined;
  }

  /** Collects the section until it is whole; it is nearly always just the empty line. */
  #readTrailers(bytes: Buffer, start: number, end: number): number {
    const held = this.#trailer.length;
    const section =
      held === 0
        ? bytes.subarray(start, end)
        : Buffer.concat([this.#trailer, bytes.subarray(start, end)]);
    const table = new HeaderTable();
    const after = table.read(section, 0, 0, section.length, this.#limits.maxHeaders);
    if (after === REFUSED) return this.#refuse(table.refusal);
    if (after === INCOMPLETE) {
      if (section.length > this.#limits.maxTrailerBytes) return this.#refuse('trailer_too_long');
      this.#trailer = held === 0 ? Buffer.from(section) : section;
      return end;
    }
    if (after > this.#limits.maxTrailerBytes) return this.#refuse('trailer_too_long');
    this.#trailer = after > 2 ? Buffer.from(section.subarray(0, after)) : NOTHING;
    this.#state = DONE;
    return start + after - held;
  }

  #refuse(refusal: Refusal): number {
    this.refusal = refusal;
    return REFUSED;
  }
}

const SEMICOLON = 0x3b;

/** Value of a hex digit, -1 for other octets. */
const HEX = new Int8Array(256).fill(-1);
for (let digit = 0; digit < 16; digit++) {
  const text = digit.toString(16);
  HEX[text.charCodeAt(0)] = digit;
  HEX[text.toUpperCase().charCodeAt(0)] = digit;
}
