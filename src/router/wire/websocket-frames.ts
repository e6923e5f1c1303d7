const FIRST_OCTET = 0;
const LENGTH_OCTET = 1;
const LONG_LENGTH = 2;

/** Follows one direction of a WebSocket just far enough to know where a frame ends (RFC 6455 §5.2). */
export class WebsocketFrames {
  #state = FIRST_OCTET;
  #lengthOctets = 0;
  #maskOctets = 0;
  #length = 0;
  /** Octets of mask and payload that still belong to the current frame. */
  #remaining = 0;

  get isBetweenFrames(): boolean {
    return this.#state === FIRST_OCTET && this.#remaining === 0;
  }

  pass(bytes: Uint8Array, start: number, end: number): void {
    let at = start;
    while (at < end) {
      if (this.#remaining > 0) {
        const skip = Math.min(this.#remaining, end - at);
        this.#remaining -= skip;
        at += skip;
      } else {
        this.#headerOctet(bytes[at] ?? 0);
        at++;
      }
    }
  }

  #headerOctet(octet: number): void {
    if (this.#state === FIRST_OCTET) {
      this.#state = LENGTH_OCTET;
    } else if (this.#state === LENGTH_OCTET) {
      this.#maskOctets = octet >= 0x80 ? 4 : 0;
      const short = octet & 0x7f;
      this.#length = short < 126 ? short : 0;
      this.#lengthOctets = short === 127 ? 8 : short === 126 ? 2 : 0;
      this.#state = LONG_LENGTH;
      if (this.#lengthOctets === 0) this.#beginPayload();
    } else {
      this.#length = this.#length * 256 + octet;
      this.#lengthOctets--;
      if (this.#lengthOctets === 0) this.#beginPayload();
    }
  }

  #beginPayload(): void {
    this.#remaining = this.#maskOctets + this.#length;
    this.#state = FIRST_OCTET;
  }
}
