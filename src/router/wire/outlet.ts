import type { Socket } from 'node:net';
import { CHUNK_END, chunkStart } from '../../http1/chunk-encoder.ts';

/** Up to this size body bytes ride in the same string, and the same system call, as the head. */
const INLINE_BYTES = 8 * 1024;
const MAX_TEXT_LENGTH = 16 * 1024;

/**
 * Gathers what goes to a socket during one read of the other side, so that a head and a small body
 * become one write.
 */
export class Outlet {
  /** The socket holds as much as it should; write no more until its `drain`. */
  isBlocked = false;
  /** Writes handed to the socket so far. */
  writes = 0;
  readonly #socket: Socket;
  #text = '';
  #isCorked = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setDefaultEncoding('latin1');
  }

  text(text: string): void {
    this.#text += text;
  }

  /** Copies: the memory is used again for the next read. */
  bytes(bytes: Buffer, start: number, end: number): void {
    const size = end - start;
    if (size <= INLINE_BYTES && this.#text.length + size <= MAX_TEXT_LENGTH) {
      this.#text += bytes.toString('latin1', start, end);
      return;
    }
    if (!this.#isCorked) {
      this.#isCorked = true;
      this.#socket.cork();
    }
    this.#writeText();
    this.#write(Buffer.from(bytes.subarray(start, end)));
  }

  /** Body bytes as they are, or as one chunk. */
  body(bytes: Buffer, start: number, end: number, isChunked: boolean): void {
    if (!isChunked) return this.bytes(bytes, start, end);
    this.#text += chunkStart(end - start);
    this.bytes(bytes, start, end);
    this.#text += CHUNK_END;
  }

  /** @returns whether more may be written now */
  flush(): boolean {
    this.#writeText();
    if (this.#isCorked) {
      this.#isCorked = false;
      this.#socket.uncork();
    }
    return !this.isBlocked;
  }

  #writeText(): void {
    if (this.#text === '') return;
    const text = this.#text;
    this.#text = '';
    this.writes++;
    if (!this.#socket.write(text)) this.isBlocked = true;
  }

  #write(bytes: Buffer): void {
    this.writes++;
    if (!this.#socket.write(bytes)) this.isBlocked = true;
  }
}
