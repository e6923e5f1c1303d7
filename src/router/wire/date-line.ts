/** Makes the Date header (RFC 9110 §6.6.1) once a second. */
export class DateLine {
  #second = 0;
  #line = '';

  /** `Date: …` with its CRLF. */
  at(epochMs: number): string {
    const second = Math.floor(epochMs / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#line = `Date: ${new Date(second * 1000).toUTCString()}\r\n`;
    }
    return this.#line;
  }
}
