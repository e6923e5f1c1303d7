import { BODY } from '../body-framing.ts';
import type { HeaderTable } from '../header-table.ts';
import { DEFAULT_LIMITS, type Limits } from '../limits.ts';
import type { Refusal } from '../refusal.ts';
import { RequestHead } from '../request-head.ts';
import { RequestReader, type RequestSink } from '../request-reader.ts';
import { ResponseHead } from '../response-head.ts';
import { ResponseReader, type ResponseSink } from '../response-reader.ts';

const BODY_NAMES = Object.keys(BODY);

/** Writes down what a reader reports, in the words of the fixtures; body pieces are joined. */
class Recorder {
  readonly events: string[] = [];
  #body = '';

  onBody(bytes: Buffer, start: number, end: number): void {
    this.#body += bytes.toString('latin1', start, end);
  }

  onBodyEnd(trailers: string): void {
    this.flush();
    for (const line of trailers.split('\r\n').slice(0, -1)) this.events.push(`trailer ${line}`);
    this.events.push('end');
  }

  note(event: string): void {
    this.flush();
    this.events.push(event);
  }

  fields(headers: HeaderTable): void {
    for (let i = 0; i < headers.count; i++) {
      this.events.push(`field ${headers.name(i)}: ${headers.value(i)}`);
    }
  }

  flush(): void {
    if (this.#body !== '') this.events.push(`body ${this.#body}`);
    this.#body = '';
  }
}

/** Events of a client's bytes, given in these pieces. */
export function requestEvents(
  pieces: readonly Buffer[],
  limits: Limits = DEFAULT_LIMITS,
): string[] {
  const recorder = new Recorder();
  let isOpen = false;
  let isRefused = false;
  const sink: RequestSink = {
    onRequestHead(head) {
      isOpen = head.bodyKind !== BODY.none;
      recorder.note(
        `request ${head.method} ${head.rawTarget} HTTP/1.${head.minorVersion} host=${head.host} ` +
          `path=${head.target.path} body=${BODY_NAMES[head.bodyKind]}`,
      );
      recorder.fields(head.headers);
    },
    onBody: (bytes, start, end) => recorder.onBody(bytes, start, end),
    onBodyEnd(trailers) {
      isOpen = false;
      recorder.onBodyEnd(trailers);
    },
    onRefusal(refusal: Refusal) {
      isRefused = true;
      recorder.note(`refused ${refusal}`);
    },
  };
  const reader = new RequestReader(sink, new RequestHead(), limits);
  for (const piece of pieces) {
    reader.push(Buffer.from(piece));
    for (let before = -1; reader.waitingBytes !== before; ) {
      before = reader.waitingBytes;
      reader.next();
    }
    reader.next();
  }
  if (!isRefused && (isOpen || reader.isWithinHead)) recorder.note('incomplete');
  return recorder.events;
}

export interface ResponseCase {
  readonly answersHead?: boolean;
  readonly closed?: boolean;
}

/** Events of a server's bytes, given in these pieces; each is overwritten after it was pushed. */
export function responseEvents(pieces: readonly Buffer[], options: ResponseCase = {}): string[] {
  const recorder = new Recorder();
  let isOver = false;
  let hasExcess = false;
  const sink: ResponseSink = {
    onResponseHead(head) {
      recorder.note(
        `response ${head.status} ${head.reason} ` +
          `body=${BODY_NAMES[head.bodyKind(options.answersHead ?? false)]} keeps=${head.keepsAlive}`,
      );
      recorder.fields(head.headers);
    },
    onBody: (bytes, start, end) => recorder.onBody(bytes, start, end),
    onBodyEnd(trailers) {
      isOver = true;
      recorder.onBodyEnd(trailers);
    },
    onResponseRefused(refusal) {
      isOver = true;
      recorder.note(`refused ${refusal}`);
    },
  };
  const reader = new ResponseReader(new ResponseHead(), DEFAULT_LIMITS);
  reader.expect(options.answersHead ?? false);
  for (const piece of pieces) {
    const shared = Buffer.from(piece);
    if (isOver) hasExcess ||= piece.length > 0 && !recorder.events.at(-1)?.startsWith('refused');
    else if (reader.push(shared, 0, shared.length, sink) >= 0) hasExcess ||= reader.hasExcess;
    shared.fill(0xff);
  }
  if (options.closed && !isOver && !reader.finish(sink)) recorder.note('cut');
  if (hasExcess) recorder.note('excess');
  return recorder.events;
}
