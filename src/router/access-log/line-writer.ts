import { close, openSync, write } from 'node:fs';

export interface LineWriterOptions {
  /** Bytes of one buffer; a full one is written at once. Default 64 KiB. */
  readonly bufferBytes?: number;
  /** A buffer that is not full is written after this long. Default 200. */
  readonly flushMs?: number;
  /** Full buffers that may wait for a slow disk; lines beyond that are dropped. Default 32. */
  readonly maxQueued?: number;
  /** Told of the first failed write of a row of failures. */
  readonly onError?: (error: Error) => void;
}

/**
 * Appends lines to a file without ever making the caller wait: lines gather in buffers, buffers go
 * out one after the other, and when the disk is too slow lines are dropped and counted.
 */
export class LineWriter {
  /** Lines that were lost, for any reason. */
  dropped = 0;
  readonly #fd: number;
  readonly #bufferBytes: number;
  readonly #flushMs: number;
  readonly #maxQueued: number;
  readonly #onError: (error: Error) => void;
  readonly #queue: Buffer[] = [];
  #current: Buffer;
  #used = 0;
  #spare: Buffer | undefined = undefined;
  #writing = false;
  #failing = false;
  #timer: NodeJS.Timeout | undefined = undefined;
  #whenIdle: (() => void) | undefined = undefined;

  /** @param target path of a file (created with mode 0640, appended to), or an open descriptor. */
  constructor(target: string | number, options: LineWriterOptions = {}) {
    this.#fd = typeof target === 'number' ? target : openSync(target, 'a', 0o640);
    this.#bufferBytes = options.bufferBytes ?? 64 * 1024;
    this.#flushMs = options.flushMs ?? 200;
    this.#maxQueued = options.maxQueued ?? 32;
    this.#onError = options.onError ?? (() => {});
    this.#current = Buffer.allocUnsafeSlow(this.#bufferBytes);
  }

  /** `line` ends in a line feed; its characters are bytes (latin1). */
  append(line: string): void {
    if (this.#used + line.length > this.#bufferBytes) {
      if (this.#queue.length >= this.#maxQueued) {
        this.dropped++;
        return;
      }
      this.#rotate();
      if (line.length > this.#bufferBytes) return this.#enqueue(Buffer.from(line, 'latin1'));
    }
    this.#used += this.#current.write(line, this.#used, 'latin1');
    this.#timer ??= setTimeout(() => this.#flush(), this.#flushMs);
  }

  /** Writes everything that is pending, then closes the file. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#rotate();
    if (this.#writing) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#whenIdle = resolve;
      await promise;
    }
    if (this.#fd > 2) await new Promise(resolve => close(this.#fd, resolve));
  }

  #flush(): void {
    this.#timer = undefined;
    if (this.#queue.length < this.#maxQueued) this.#rotate();
    else this.#timer = setTimeout(() => this.#flush(), this.#flushMs); // the disk is behind
  }

  /** Hands the current buffer over to be written, and takes an empty one. */
  #rotate(): void {
    if (this.#used === 0) return;
    const full = this.#current.subarray(0, this.#used);
    this.#current = this.#spare ?? Buffer.allocUnsafeSlow(this.#bufferBytes);
    this.#spare = undefined;
    this.#used = 0;
    this.#enqueue(full);
  }

  #enqueue(chunk: Buffer): void {
    this.#queue.push(chunk);
    this.#writeNext();
  }

  #writeNext(): void {
    const chunk = this.#queue[0];
    if (this.#writing) return;
    if (chunk === undefined) {
      this.#whenIdle?.();
      return;
    }
    this.#writing = true;
    this.#write(chunk, 0);
  }

  #write(chunk: Buffer, offset: number): void {
    write(this.#fd, chunk, offset, chunk.length - offset, null, (error, written) => {
      if (error?.code === 'EAGAIN') {
        setTimeout(() => this.#write(chunk, offset), 5); // a pipe whose reader is slow
        return;
      }
      if (error === null && offset + written < chunk.length) {
        return this.#write(chunk, offset + written);
      }
      if (error !== null) this.#lose(chunk, offset, error);
      else this.#failing = false;
      this.#queue.shift();
      if (chunk.buffer.byteLength === this.#bufferBytes) this.#spare = Buffer.from(chunk.buffer);
      this.#writing = false;
      this.#writeNext();
    });
  }

  #lose(chunk: Buffer, offset: number, error: Error): void {
    for (let at = offset; at >= 0 && at < chunk.length; this.dropped++) {
      at = chunk.indexOf(LINE_FEED, at) + 1 || chunk.length;
    }
    if (!this.#failing) this.#onError(error);
    this.#failing = true;
  }
}

const LINE_FEED = 0x0a;
