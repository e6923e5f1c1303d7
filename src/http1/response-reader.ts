import { BodyReader } from './body-reader.ts';
import type { BodySink } from './chunked-decoder.ts';
import { HeadBuffer } from './head-buffer.ts';
import { INCOMPLETE, REFUSED } from './header-table.ts';
import type { Limits } from './limits.ts';
import type { Refusal } from './refusal.ts';
import type { ResponseHead } from './response-head.ts';

export interface ResponseSink extends BodySink {
  /** Also called for each 1xx. `head` is valid during the call only. */
  onResponseHead(head: ResponseHead): void;
  onResponseRefused(refusal: Refusal): void;
}

const HEAD = 0;
const BODY_STATE = 1;
const COMPLETE = 2;

/** More than any server sends before its answer. */
const MAX_INTERIM_RESPONSES = 64;

/** Turns the bytes of a connection to a server into the response of one request after the other. */
export class ResponseReader {
  /** Whether bytes arrived behind the response: the connection cannot be trusted any more. */
  hasExcess = false;
  readonly #head: ResponseHead;
  readonly #limits: Limits;
  readonly #body: BodyReader;
  #partial: HeadBuffer | undefined;
  #state = COMPLETE;
  #answersHead = false;
  #interimResponses = 0;

  constructor(head: ResponseHead, limits: Limits) {
    this.#head = head;
    this.#limits = limits;
    this.#body = new BodyReader(limits);
  }

  /** A request was sent; the next bytes are its answer. */
  expect(answersHead: boolean): void {
    this.#state = HEAD;
    this.#answersHead = answersHead;
    this.#interimResponses = 0;
    this.hasExcess = false;
  }

  get isComplete(): boolean {
    return this.#state === COMPLETE;
  }

  /**
   * Reads `bytes[start, end)`, which may be reused afterwards.
   * @returns the index behind the response, `end` if it goes on, or `REFUSED`
   */
  push(bytes: Buffer, start: number, end: number, sink: ResponseSink): number {
    let at = start;
    while (at < end && this.#state === HEAD) {
      at = this.#readHead(bytes, at, end, sink);
      if (at < 0) return REFUSED;
    }
    if (this.#state !== BODY_STATE || at >= end) return at;
    const after = this.#body.push(bytes, at, end, sink);
    if (after === REFUSED) {
      sink.onResponseRefused(this.#body.refusal);
      return REFUSED;
    }
    if (this.#state === BODY_STATE && this.#body.isDone) this.#complete(after < end, sink);
    return after;
  }

  /** The connection ended. @returns whether that is a proper end of the response */
  finish(sink: ResponseSink): boolean {
    if (this.#state !== BODY_STATE || !this.#body.endsWithConnection) return false;
    this.#complete(false, sink);
    return true;
  }

  /** The rest of the connection is not HTTP, or nobody wants it. */
  stop(): void {
    this.#state = COMPLETE;
  }

  #readHead(bytes: Buffer, start: number, end: number, sink: ResponseSink): number {
    const held = this.#partial?.length ?? 0;
    if (held > 0) return this.#readPartialHead(bytes, start, end, sink);
    const after = this.#head.read(bytes, start, end, this.#limits);
    if (after === INCOMPLETE) {
      this.#partial ??= new HeadBuffer();
      this.#partial.add(bytes, start, end);
      return this.#checkPartialSize(end, sink);
    }
    return after === REFUSED
      ? this.#refuse(this.#head.refusal, sink)
      : this.#beginResponse(after, end, sink);
  }

  #readPartialHead(bytes: Buffer, start: number, end: number, sink: ResponseSink): number {
    const partial = this.#partial;
    if (partial === undefined) return end;
    const held = partial.length;
    if (!partial.add(bytes, start, end)) return this.#checkPartialSize(end, sink);
    const whole = partial.bytes;
    const after = this.#head.read(whole, 0, whole.length, this.#limits);
    if (after === INCOMPLETE) return this.#checkPartialSize(end, sink);
    partial.clear();
    if (after === REFUSED) return this.#refuse(this.#head.refusal, sink);
    return this.#beginResponse(start + after - held, end, sink);
  }

  #checkPartialSize(end: number, sink: ResponseSink): number {
    if ((this.#partial?.length ?? 0) < this.#limits.maxHeadBytes) return end;
    return this.#refuse('head_too_large', sink);
  }

  #beginResponse(after: number, end: number, sink: ResponseSink): number {
    const head = this.#head;
    if (head.status === 101) {
      this.#state = COMPLETE;
      sink.onResponseHead(head);
      return after;
    }
    if (head.status < 200) {
      if (++this.#interimResponses > MAX_INTERIM_RESPONSES) {
        return this.#refuse('endless_interim_responses', sink);
      }
      sink.onResponseHead(head);
      return after;
    }
    this.#body.begin(head.bodyKind(this.#answersHead), head.framing.contentLength);
    this.#state = BODY_STATE;
    sink.onResponseHead(head);
    if (this.#state === BODY_STATE && this.#body.isDone) this.#complete(after < end, sink);
    return after;
  }

  #complete(hasExcess: boolean, sink: ResponseSink): void {
    this.#state = COMPLETE;
    this.hasExcess = hasExcess;
    sink.onBodyEnd(this.#body.trailers);
  }

  #refuse(refusal: Refusal, sink: ResponseSink): number {
    this.#state = COMPLETE;
    this.#partial = undefined;
    sink.onResponseRefused(refusal);
    return REFUSED;
  }
}
