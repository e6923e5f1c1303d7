import { HEADER, headerId } from './header-id.ts';
import { COLON, CR, controlOrUndefined, FIELD, HTAB, LF, OCTET, SP, TOKEN } from './octets.ts';
import type { Refusal } from './refusal.ts';

/** The section is not complete yet; more bytes are needed. */
export const INCOMPLETE = -1;
/** The section is refused; {@link HeaderTable.refusal} says why. */
export const REFUSED = -2;

const INITIAL_CAPACITY = 64;

/**
 * Where the fields of a header (or trailer) section lie in the text of the message. One table is
 * filled again and again: reading a head allocates nothing but its text. Positions count from the
 * start of the message.
 */
export class HeaderTable {
  /** The whole head as latin1. Set by the owner once the head is complete. */
  text = '';
  count = 0;
  refusal: Refusal = 'bad_header_name';
  ids = new Uint8Array(INITIAL_CAPACITY);
  /** Start of each line; line `i` ends where line `i + 1` starts. One more entry than fields. */
  lineStarts = new Int32Array(INITIAL_CAPACITY + 1);
  nameEnds = new Int32Array(INITIAL_CAPACITY);
  valueStarts = new Int32Array(INITIAL_CAPACITY);
  valueEnds = new Int32Array(INITIAL_CAPACITY);

  /**
   * Reads fields from `bytes[from, end)` up to and including the empty line (RFC 9112 §5), strictly:
   * no folding, no space before the colon, no bare CR or LF, no control characters.
   * @param base where the message starts in `bytes`
   * @returns the index after the empty line, {@link INCOMPLETE} or {@link REFUSED}
   */
  read(bytes: Uint8Array, base: number, from: number, end: number, maxHeaders: number): number {
    this.count = 0;
    let at = from;
    for (;;) {
      if (at >= end) return INCOMPLETE;
      if (bytes[at] === CR) {
        if (at + 1 >= end) return INCOMPLETE;
        if (bytes[at + 1] !== LF) return this.#refuse('bare_cr');
        this.lineStarts[this.count] = at - base;
        return at + 2;
      }
      if (this.count === maxHeaders) return this.#refuse('too_many_headers');
      at = this.#readLine(bytes, base, at, end);
      if (at < 0) return at;
    }
  }

  /** Value of field `index` without surrounding whitespace. */
  value(index: number): string {
    return this.text.slice(this.valueStarts[index] ?? 0, this.valueEnds[index] ?? 0);
  }

  name(index: number): string {
    return this.text.slice(this.lineStarts[index] ?? 0, this.nameEnds[index] ?? 0);
  }

  /** First field with this id, or -1. */
  find(id: number): number {
    for (let i = 0; i < this.count; i++) if (this.ids[i] === id) return i;
    return -1;
  }

  #readLine(bytes: Uint8Array, base: number, start: number, end: number): number {
    let at = start;
    while (at < end && ((OCTET[bytes[at] ?? 0] ?? 0) & TOKEN) !== 0) at++;
    if (at >= end) return INCOMPLETE;
    if (bytes[at] !== COLON || at === start) return this.#refuseName(bytes[at] ?? 0, at === start);
    const nameEnd = at;
    let valueStart = at + 1;
    while (valueStart < end && isBlank(bytes[valueStart])) valueStart++;
    at = valueStart;
    while (at < end && ((OCTET[bytes[at] ?? 0] ?? 0) & FIELD) !== 0) at++;
    if (at >= end) return INCOMPLETE;
    if (bytes[at] !== CR)
      return this.#refuse(controlOrUndefined(bytes[at] ?? 0) ?? 'control_character');
    if (at + 1 >= end) return INCOMPLETE;
    if (bytes[at + 1] !== LF) return this.#refuse('bare_cr');
    let valueEnd = at;
    while (valueEnd > valueStart && isBlank(bytes[valueEnd - 1])) valueEnd--;
    const index = this.count;
    if (index === this.ids.length) this.#grow();
    this.ids[index] = headerId(bytes, start, nameEnd);
    this.lineStarts[index] = start - base;
    this.nameEnds[index] = nameEnd - base;
    this.valueStarts[index] = valueStart - base;
    this.valueEnds[index] = valueEnd - base;
    this.count = index + 1;
    return at + 2;
  }

  #refuseName(octet: number, isFirst: boolean): number {
    if (octet === SP || octet === HTAB) {
      return this.#refuse(isFirst ? 'obsolete_folding' : 'space_before_colon');
    }
    if (octet === CR) return this.#refuse('bad_header_name');
    return this.#refuse(controlOrUndefined(octet) ?? 'bad_header_name');
  }

  #refuse(refusal: Refusal): number {
    this.refusal = refusal;
    return REFUSED;
  }

  #grow(): void {
    const capacity = this.ids.length * 2;
    const ids = new Uint8Array(capacity);
    ids.set(this.ids);
    this.ids = ids;
    this.lineStarts = grown(this.lineStarts, capacity + 1);
    this.nameEnds = grown(this.nameEnds, capacity);
    this.valueStarts = grown(this.valueStarts, capacity);
    this.valueEnds = grown(this.valueEnds, capacity);
  }
}

/** Fields that may not arrive in a trailer section, because they would change what was decided before. */
export function isForbiddenInTrailer(id: number): boolean {
  return id !== HEADER.other && id !== HEADER.date;
}

function isBlank(octet: number | undefined): boolean {
  return octet === SP || octet === HTAB;
}

function grown(old: Int32Array<ArrayBuffer>, capacity: number): Int32Array<ArrayBuffer> {
  const bigger = new Int32Array(capacity);
  bigger.set(old);
  return bigger;
}
