import { BodyReader } from './body-reader.ts';
import type { BodySink } from './chunked-decoder.ts';
import { HeadBuffer } from './head-buffer.ts';
import { INCOMPLETE, REFUSED } from './header-table.ts';
import type { Limits } from './limits.ts';
import { CR, LF } from './octets.ts';
import type { Refusal } from './refusal.ts';
import type { RequestHead } from './request-head.ts';

export interface RequestSink extends BodySink {
  /**
   * `head` is valid during the call only. Without a body (`head.bodyKind` is `none`) the request is
   * complete with this call: neither `onBody` nor `onBodyEnd` follows.
   */
  onRequestHead(head: RequestHead): void;
  /** Nothing more will be read from this connection. */
  onRefusal(refusal: Refusal): void;
}

const HEAD = 0;
const BODY_STATE = 1;
/** The request is complete; what follows waits until {@link RequestReader.next}. */
const COMPLETE = 2;
const STOPPED = 3;

const EMPTY_LINE_POSSIBLE = 0;
const EMPTY_LINE_CR = 1;
const EMPTY_LINE_OVER = 2;

const NOTHING: Buffer = Buffer.alloc(0);

/**
 * Turns the bytes of a client connection into requests, one at a time: what a client pipelines is
 * kept until the owner asks for the next request.
 */
export class RequestReader {
  readonly #sink: RequestSink;
  readonly #head: RequestHead;
  readonly #limits: Limits;
  readonly #body: BodyReader;
  /** Made only for heads that come in pieces. */
  #partial: HeadBuffer | undefined;
  #state = HEAD;
  #held = false;
  #isRunning = false;
  #waiting: Buffer = NOTHING;
  #emptyLine = EMPTY_LINE_POSSIBLE;

  constructor(sink: RequestSink, head: RequestHead, limits: Limits) {
    this.#sink = sink;
    this.#head = head;
    this.#limits = limits;
    this.#body = new BodyReader(limits);
  }

  /** Bytes that were pushed and cannot be used yet. The owner stops reading while there are any. */
  get waitingBytes(): number {
    return this.#waiting.length;
  }

  get isWithinHead(): boolean {
    return this.#state === HEAD && this.#partial !== undefined && this.#partial.length > 0;
  }

  get isBeforeHead(): boolean {
    return this.#state === HEAD && !this.isWithinHead;
  }

  /**
   * What cannot be used yet is kept, not copied: when the memory of `bytes` is used again, call
   * {@link copyWaiting} before.
   */
  push(bytes: Buffer): void {
    const { length } = this.#waiting;
    this.#waiting = length === 0 ? bytes : Buffer.concat([this.#waiting, bytes]);
    this.#run();
  }

  copyWaiting(): void {
    if (this.#waiting.length > 0) this.#waiting = Buffer.from(this.#waiting);
  }

  /** Lets body bytes wait, from within or after `onRequestHead`, until {@link release}. */
  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
    this.#run();
  }

  /** The request is dealt with; goes on with the next. */
  next(): void {
    if (this.#state !== COMPLETE) return;
    this.#state = HEAD;
    this.#emptyLine = EMPTY_LINE_POSSIBLE;
    this.#run();
  }

  /** Drops everything from here on. */
  stop(): void {
    this.#state = STOPPED;
    this.#waiting = NOTHING;
    this.#partial = undefined;
  }

  /** What arrived behind the head of a request that became a tunnel. */
  takeWaiting(): Buffer {
    const waiting = this.#waiting;
    this.stop();
    return waiting;
  }

  /** A loop, not a recursion: callbacks may call {@link next} and {@link release}. */
  #run(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      while (this.#waiting.length > 0 && this.#step()) {}
    } finally {
      this.#isRunning = false;
    }
    if (this.#state === STOPPED) this.#waiting = NOTHING;
  }

  /** @returns whether another step may make progress */
  #step(): boolean {
    if (this.#state === HEAD) return this.#readHead();
    if (this.#state === BODY_STATE && !this.#held) return this.#readBody();
    return false;
  }

  #readHead(): boolean {
    if (this.#partial !== undefined && this.#partial.length > 0) return this.#readPartialHead();
    const bytes = this.#waiting;
    const start = this.#skipEmptyLine(bytes);
    if (start < 0) return this.#refuse('bare_cr');
    if (start === bytes.length) {
      this.#waiting = NOTHING;
      return false;
    }
    const after = this.#head.read(bytes, start, bytes.length, this.#limits);
    if (after >= 0) {
      this.#waiting = after === bytes.length ? NOTHING : bytes.subarray(after);
      return this.#beginRequest();
    }
    if (after === REFUSED) return this.#refuse(this.#head.refusal);
    this.#partial ??= new HeadBuffer();
    this.#partial.add(bytes, start, bytes.length);
    this.#waiting = NOTHING;
    return this.#checkPartialSize();
  }

  #readPartialHead(): boolean {
    const partial = this.#partial;
    if (partial === undefined) return false;
    const mayBeWhole = partial.add(this.#waiting, 0, this.#waiting.length);
    this.#waiting = NOTHING;
    if (!mayBeWhole) return this.#checkPartialSize();
    const bytes = partial.bytes;
    const after = this.#head.read(bytes, 0, bytes.length, this.#limits);
    if (after === INCOMPLETE) return this.#checkPartialSize();
    if (after === REFUSED) return this.#refuse(this.#head.refusal);
    partial.clear();
    this.#waiting = bytes.subarray(after);
    return this.#beginRequest();
  }

  #checkPartialSize(): boolean {
    if ((this.#partial?.length ?? 0) < this.#limits.maxHeadBytes) return false;
    return this.#refuse('head_too_large');
  }

  /** RFC 9112 §2.2: one empty line before a request line is ignored. @returns -1 when refused */
  #skipEmptyLine(bytes: Buffer): number {
    let at = 0;
    if (this.#emptyLine === EMPTY_LINE_POSSIBLE) {
      if (bytes[at] !== CR) return at;
      this.#emptyLine = EMPTY_LINE_CR;
      at++;
    }
    if (this.#emptyLine === EMPTY_LINE_CR && at < bytes.length) {
      if (bytes[at] !== LF) return -1;
      this.#emptyLine = EMPTY_LINE_OVER;
      at++;
    }
    return at;
  }

  #beginRequest(): boolean {
    const head = this.#head;
    this.#body.begin(head.bodyKind, head.framing.contentLength);
    const hasBody = !this.#body.isDone;
    this.#state = hasBody ? BODY_STATE : COMPLETE;
    this.#sink.onRequestHead(head);
    return true;
  }

  #readBody(): boolean {
    const bytes = this.#waiting;
    const after = this.#body.push(bytes, 0, bytes.length, this.#sink);
    if (this.#state === STOPPED) return false;
    if (after === REFUSED) return this.#refuse(this.#body.refusal);
    this.#waiting = after === bytes.length ? NOTHING : bytes.subarray(after);
    if (!this.#body.isDone) return false;
    this.#state = COMPLETE;
    this.#sink.onBodyEnd(this.#body.trailers);
    return true;
  }

  #refuse(refusal: Refusal): boolean {
    this.stop();
    this.#sink.onRefusal(refusal);
    return false;
  }
}
