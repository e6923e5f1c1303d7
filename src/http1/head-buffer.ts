import { CR, LF } from './octets.ts';

const FIRST_CAPACITY = 1024;

/**
 * Holds a head that arrives in pieces. Grows by doubling and looks at each byte once, so that a
 * peer that drips single bytes costs no more than one that sends them together.
 */
export class HeadBuffer {
  #bytes: Buffer = Buffer.alloc(0);
  #length = 0;
  #hasLine = false;

  get length(): number {
    return this.#length;
  }

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#bytes = Buffer.alloc(0);
    this.#length = 0;
    this.#hasLine = false;
  }

  /**
   * @returns whether reading the head is worth another try: its first line is there, its end may
   * have come, or a line end that is not CRLF, which the head reader will refuse.
   */
  add(bytes: Buffer, start: number, end: number): boolean {
    this.#reserve(end - start);
    bytes.copy(this.#bytes, this.#length, start, end);
    const from = this.#length;
    this.#length += end - start;
    const held = this.#bytes;
    let mayBeWhole = false;
    for (let at = from; at < this.#length; at++) {
      if (held[at] !== LF) continue;
      if (!this.#hasLine || held[at - 1] !== CR || held[at - 2] === LF) mayBeWhole = true;
      this.#hasLine = true;
    }
    return mayBeWhole;
  }

  #reserve(moreBytes: number): void {
    const needed = this.#length + moreBytes;
    if (needed <= this.#bytes.length) return;
    let capacity = Math.max(FIRST_CAPACITY, this.#bytes.length);
    while (capacity < needed) capacity *= 2;
    const bigger = Buffer.allocUnsafeSlow(capacity);
    this.#bytes.copy(bigger, 0, 0, this.#length);
    this.#bytes = bigger;
  }
}
