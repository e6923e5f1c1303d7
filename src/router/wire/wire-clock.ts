/** Time for the data plane: monotonic for durations, and a Date header that is made once a second. */
export class WireClock {
  #second = 0;
  #dateLine = '';

  /** `Date: …` with its CRLF (RFC 9110 §6.6.1). */
  dateLine(epochMs: number): string {
    const second = Math.floor(epochMs / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#dateLine = `Date: ${new Date(second * 1000).toUTCString()}\r\n`;
    }
    return this.#dateLine;
  }
}
