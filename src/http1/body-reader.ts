import { BODY } from './body-framing.ts';
import { type BodySink, ChunkedDecoder } from './chunked-decoder.ts';
import { REFUSED } from './header-table.ts';
import type { Limits } from './limits.ts';
import type { Refusal } from './refusal.ts';

/** Reads the body of one message after the other, by the framing that its head declared. */
export class BodyReader {
  refusal: Refusal = 'unexpected_end';
  readonly #limits: Limits;
  #kind: number = BODY.none;
  #remaining = 0;
  /** Most connections never see a chunked body; made for the first one and kept. */
  #chunked: ChunkedDecoder | undefined;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  begin(kind: number, contentLength: number): void {
    this.#kind = kind;
    this.#remaining = kind === BODY.length ? contentLength : 0;
    if (kind !== BODY.chunked) return;
    this.#chunked ??= new ChunkedDecoder(this.#limits);
    this.#chunked.restart();
  }

  get isDone(): boolean {
    if (this.#kind === BODY.chunked) return this.#chunked?.isDone ?? false;
    return this.#kind !== BODY.untilClose && this.#remaining === 0;
  }

  /** Whether the end of the connection is a proper end of this body. */
  get endsWithConnection(): boolean {
    return this.#kind === BODY.untilClose;
  }

  get trailers(): string {
    return this.#kind === BODY.chunked ? (this.#chunked?.trailers ?? '') : '';
  }

  /** @returns the index behind what belongs to this body, or `REFUSED` */
  push(bytes: Buffer, start: number, end: number, sink: BodySink): number {
    if (this.#kind === BODY.chunked && this.#chunked !== undefined) {
      const after = this.#chunked.push(bytes, start, end, sink);
      if (after === REFUSED) this.refusal = this.#chunked.refusal;
      return after;
    }
    const stop = this.#kind === BODY.untilClose ? end : Math.min(end, start + this.#remaining);
    if (stop === start) return start;
    this.#remaining -= this.#kind === BODY.length ? stop - start : 0;
    sink.onBody(bytes, start, stop);
    return stop;
  }
}
