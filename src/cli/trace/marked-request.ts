import { connect, type Socket } from 'node:net';
import type { Flow, ObservationOf } from '../../proto/trace.ts';
import { TRACE_HEADER } from '../../proto/trace-limits.ts';
import { readAnswerHead } from './answer-head.ts';

export interface MarkedRequest {
  readonly trace: string;
  readonly flow: Flow;
  readonly method: string;
  readonly target: string;
  readonly hostHeader: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

type Client = ObservationOf<'client'>;
export type RequestResult = Pick<Client, 'outcome' | 'status' | 'requestId' | 'routerError'> & {
  /** Since the connection was begun. */
  readonly timings: Omit<Client['timings'], 'resolvedMs'>;
};

const MAX_HEAD_BYTES = 64 * 1024;
const OPEN_TIMEOUT_MS = 5_000;

/** Sends the one request over a connection of its own, from the port that was announced. */
export function sendMarked(request: MarkedRequest): Promise<RequestResult> {
  return new MarkedExchange(request).result;
}

class MarkedExchange {
  readonly result: Promise<RequestResult>;
  readonly #startedMs = performance.now();
  readonly #socket: Socket;
  readonly #resolve: (result: RequestResult) => void;
  readonly #marks: { connectedMs?: number; sentMs?: number; firstByteMs?: number } = {};
  #timer: NodeJS.Timeout;
  #head = '';
  #answer: ReturnType<typeof readAnswerHead>;

  constructor(request: MarkedRequest) {
    const { promise, resolve, reject } = Promise.withResolvers<RequestResult>();
    this.result = promise;
    this.#resolve = resolve;
    const { source, destination } = request.flow;
    this.#socket = connect({
      host: destination.host,
      port: destination.port,
      localAddress: source.host,
      localPort: source.port,
      noDelay: true,
      signal: request.signal,
    });
    request.signal.addEventListener('abort', () => reject(request.signal.reason), { once: true });
    this.#timer = setTimeout(
      () => this.#end('connect-timeout'),
      Math.min(OPEN_TIMEOUT_MS, request.timeoutMs),
    );
    this.#socket.once('connect', () => this.#send(request));
    this.#socket.on('data', (chunk: Buffer) => this.#read(chunk));
    this.#socket.once('error', (error: NodeJS.ErrnoException) =>
      this.#end(outcomeOf(error, this.#marks)),
    );
    this.#socket.once('close', () => this.#end(this.#answer ? 'answered' : 'cut'));
  }

  #send(request: MarkedRequest): void {
    this.#marks.connectedMs = this.#sinceStart();
    clearTimeout(this.#timer);
    const giveUp = () => this.#end(this.#answer ? 'answered' : 'no-answer');
    this.#timer = setTimeout(giveUp, request.timeoutMs);
    this.#socket.write(requestText(request));
    this.#marks.sentMs = this.#sinceStart();
  }

  #read(chunk: Buffer): void {
    this.#marks.firstByteMs ??= this.#sinceStart();
    if (this.#answer !== undefined) return; // the body counts only for its end
    this.#head += chunk.toString('latin1');
    this.#answer = readAnswerHead(this.#head);
    if (this.#answer === undefined && this.#head.length > MAX_HEAD_BYTES) this.#end('cut');
  }

  #end(outcome: RequestResult['outcome']): void {
    clearTimeout(this.#timer);
    const endMs = this.#sinceStart();
    this.#socket.destroy();
    this.#resolve({ outcome, ...this.#answer, timings: { ...this.#marks, endMs } });
  }

  #sinceStart(): number {
    return performance.now() - this.#startedMs;
  }
}

function requestText(request: MarkedRequest): string {
  const { method, target, hostHeader, headers, body, trace } = request;
  const own: readonly (readonly [string, string])[] = [
    ['Host', hostHeader],
    ['User-Agent', 'sprue-trace'],
    ['Accept', '*/*'],
    ['Connection', 'close'],
    [TRACE_HEADER, trace],
    ...(body === undefined ? [] : [['Content-Length', String(Buffer.byteLength(body))] as const]),
  ];
  const given = new Set(headers.map(([name]) => name.toLowerCase()));
  const all = [...own.filter(([name]) => !given.has(name.toLowerCase())), ...headers];
  const lines = all.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return `${method} ${target} HTTP/1.1\r\n${lines}\r\n${body ?? ''}`;
}

function outcomeOf(
  { code }: NodeJS.ErrnoException,
  marks: { readonly connectedMs?: number },
): RequestResult['outcome'] {
  if (marks.connectedMs !== undefined) return 'cut';
  if (code === 'ECONNREFUSED') return 'connect-refused';
  return code === 'ETIMEDOUT' ? 'connect-timeout' : 'connect-unreachable';
}
