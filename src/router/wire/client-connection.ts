import type { Socket } from 'node:net';
import { REFUSALS, type Refusal } from '../../http1/refusal.ts';
import type { RequestHead } from '../../http1/request-head.ts';
import { RequestReader, type RequestSink } from '../../http1/request-reader.ts';
import { REQUEST_TIMEOUT, refusedRequest } from '../rewrite/local-reply.ts';
import type { RequestOrigin } from '../rewrite/request-rewrite.ts';
import { Deadline, NEVER } from './deadlines.ts';
import { Exchange } from './exchange.ts';
import { Outlet } from './outlet.ts';
import type { ProxyContext } from './proxy-context.ts';
import { readInto } from './shared-read.ts';
import type { Tunnel } from './tunnel.ts';

const WAITING = 0;
const BUSY = 1;
const TUNNEL = 2;
/** Our side is closed; what still arrives is thrown away, so that no RST eats the last answer. */
const LINGERING = 3;
const CLOSED = 4;

const PAUSED_BY_READER = 1;
const PAUSED_BY_ENDPOINT = 2;

const LINGER_MS = 5_000;

/** One client: its requests are served in order, one exchange at a time. */
export class ClientConnection extends Deadline implements RequestSink, RequestOrigin {
  readonly socket: Socket;
  readonly out: Outlet;
  readonly remoteIp: string;
  readonly remoteAddress: string;
  readonly scheme = 'http';
  readonly listenPort: number;
  /** The client sent FIN. It may still read. */
  hasEnded = false;
  /** Within a read of this connection: what is gathered will be flushed at its end. */
  isReading = false;
  readonly #context: ProxyContext;
  readonly #reader: RequestReader;
  readonly #exchange: Exchange;
  #tunnel: Tunnel | undefined;
  #state = WAITING;
  #pausedBy = 0;
  /** The next request waits until the client took the last answer. */
  #nextWaitsForDrain = false;

  constructor(context: ProxyContext, socket: Socket) {
    super();
    this.#context = context;
    this.socket = socket;
    const ip = socket.remoteAddress ?? '';
    this.remoteIp = ip.startsWith('::ffff:') ? ip.slice(7) : ip;
    const shown = this.remoteIp.includes(':') ? `[${this.remoteIp}]` : this.remoteIp;
    this.remoteAddress = `${shown}:${socket.remotePort ?? 0}`;
    this.listenPort = socket.localPort ?? 0;
    this.out = new Outlet(socket);
    this.#reader = new RequestReader(this, context.requestHead, context.options.limits);
    this.#exchange = new Exchange(context, this);
    if (!readInto(socket, context.readBuffer, size => this.#onRead(size))) {
      socket.on('data', (bytes: Buffer) => this.#onData(bytes));
    }
    socket.on('end', () => this.#onEnd());
    socket.on('drain', () => this.#onDrain());
    socket.on('error', () => {});
    socket.on('close', () => this.#onClose());
    context.clients.add(this);
    context.counters.clientConnections++;
    context.deadlines.add(this);
    this.deadlineTick = context.deadlines.after(context.options.clientIdleTimeoutMs);
  }

  get isIdle(): boolean {
    return this.#state === WAITING && this.#reader.isBeforeHead;
  }

  get isWithinHead(): boolean {
    return this.#state === WAITING && this.#reader.isWithinHead;
  }

  get tunnel(): Tunnel | undefined {
    return this.#tunnel;
  }

  onRequestHead(head: RequestHead): void {
    this.#state = BUSY;
    this.deadlineTick = NEVER;
    this.#exchange.begin(head);
  }

  onBody(bytes: Buffer, start: number, end: number): void {
    if (this.#state === BUSY) this.#exchange.onRequestBody(bytes, start, end);
  }

  onBodyEnd(trailers: string): void {
    if (this.#state === BUSY) this.#exchange.onRequestEnd(trailers);
  }

  onRefusal(refusal: Refusal): void {
    const reply = refusedRequest(REFUSALS[refusal], refusal);
    this.#context.counters.refusedRequests++;
    if (this.#state === WAITING) {
      this.#state = BUSY;
      this.#exchange.refuse(reply);
    } else if (this.#state === BUSY) {
      this.#exchange.onRequestRefused(reply);
    }
  }

  /** Body bytes wait until there is an endpoint to send them to. */
  holdBody(): void {
    this.#reader.hold();
  }

  releaseBody(): void {
    this.#reader.release();
    this.#updateReaderPause();
  }

  pauseForEndpoint(): void {
    this.#pause(PAUSED_BY_ENDPOINT);
  }

  resumeForEndpoint(): void {
    this.#resume(PAUSED_BY_ENDPOINT);
  }

  /** The answer is complete and handed to the socket. */
  exchangeDone(staysOpen: boolean): void {
    if (this.#state !== BUSY) return;
    this.#state = WAITING;
    this.#resume(PAUSED_BY_ENDPOINT);
    if (!staysOpen || (this.hasEnded && this.#reader.waitingBytes === 0)) return this.closeSoon();
    if (this.out.isBlocked) {
      this.#nextWaitsForDrain = true;
      this.deadlineTick = this.#context.deadlines.after(this.#context.options.clientStallTimeoutMs);
      return;
    }
    this.#next();
  }

  /**
   * The answer broke off. A client that counts bytes notices by itself; one that reads to the end of
   * the connection would take FIN for a proper end, so it gets RST.
   */
  abort(isSelfDelimited: boolean): void {
    if (this.#state === CLOSED) return;
    this.#reader.stop();
    this.#state = CLOSED;
    if (!isSelfDelimited) {
      this.socket.resetAndDestroy();
      return;
    }
    this.deadlineTick = this.#context.deadlines.after(LINGER_MS);
    this.socket.destroySoon();
  }

  /** Hands what the client already sent to the tunnel, and all that follows. */
  becomeTunnel(tunnel: Tunnel): void {
    this.#state = TUNNEL;
    this.#tunnel = tunnel;
    this.deadlineTick = NEVER;
    const early = this.#reader.takeWaiting();
    this.#resume(PAUSED_BY_READER);
    if (early.length > 0) tunnel.fromClient(early);
  }

  /** Sends what is pending and FIN, then waits a little for the client to close. */
  closeSoon(): void {
    if (this.#state === CLOSED || this.#state === LINGERING) return;
    this.#state = LINGERING;
    this.#reader.stop();
    this.#pausedBy = 0;
    this.socket.resume();
    this.socket.end();
    this.deadlineTick = this.#context.deadlines.after(LINGER_MS);
  }

  destroy(): void {
    this.socket.destroy();
  }

  override onDeadline(): void {
    if (this.isWithinHead) {
      this.#reader.stop();
      this.#state = BUSY;
      this.#exchange.refuse(REQUEST_TIMEOUT);
    } else if (this.#state === WAITING && !this.#nextWaitsForDrain) {
      this.closeSoon();
    } else if (this.#state === BUSY && !this.#exchange.isRequestDone && !this.out.isBlocked) {
      this.#exchange.onRequestRefused(REQUEST_TIMEOUT);
    } else {
      this.destroy();
    }
  }

  #onRead(size: number): boolean {
    this.#onData(this.#context.readBuffer.subarray(0, size));
    return true;
  }

  /** The memory of `bytes` is used again for the next read. */
  #onData(bytes: Buffer): void {
    if (this.#state === TUNNEL) return this.#tunnel?.fromClient(bytes);
    if (this.#state >= LINGERING) return;
    const wasWithinHead = this.#reader.isWithinHead;
    this.isReading = true;
    this.#reader.push(bytes);
    this.isReading = false;
    this.#reader.copyWaiting();
    if (this.#state === BUSY) this.#exchange.flushToEndpoint();
    else if (!wasWithinHead && this.isWithinHead) this.#limitHead();
    this.#updateReaderPause();
  }

  /** Without a limit of its own a head has as long as an idle connection. */
  #limitHead(): void {
    const { readHeaderTimeoutMs } = this.#context.options;
    if (readHeaderTimeoutMs === 0) return;
    this.deadlineTick = this.#context.deadlines.after(readHeaderTimeoutMs);
  }

  #onEnd(): void {
    this.hasEnded = true;
    if (this.#state === TUNNEL) this.#tunnel?.onClientEnd();
    else if (this.#state === WAITING && !this.#nextWaitsForDrain) this.closeSoon();
    else if (this.#state === BUSY) this.#exchange.onClientEnd();
  }

  #onDrain(): void {
    this.out.isBlocked = false;
    if (this.#state === TUNNEL) this.#tunnel?.onClientDrain();
    else if (this.#state === BUSY) this.#exchange.onClientDrain();
    else if (this.#nextWaitsForDrain) this.#next();
  }

  #onClose(): void {
    this.#state = CLOSED;
    this.#reader.stop();
    this.#context.clients.delete(this);
    this.#context.counters.clientConnections--;
    this.#context.deadlines.remove(this);
    if (this.#tunnel === undefined) this.#exchange.onClientClose();
    else this.#tunnel.onClientClose();
  }

  #next(): void {
    this.#nextWaitsForDrain = false;
    this.deadlineTick = this.#context.deadlines.after(this.#context.options.clientIdleTimeoutMs);
    this.isReading = true;
    this.#reader.next();
    this.isReading = false;
    if (this.#state === BUSY) this.#exchange.flushToEndpoint();
    this.#updateReaderPause();
    if (this.hasEnded && this.#state === WAITING && !this.#nextWaitsForDrain) this.closeSoon();
  }

  #updateReaderPause(): void {
    if (this.#reader.waitingBytes > 0) this.#pause(PAUSED_BY_READER);
    else if (this.#pausedBy !== 0) this.#resume(PAUSED_BY_READER);
  }

  #pause(reason: number): void {
    if (this.#pausedBy === 0) this.socket.pause();
    this.#pausedBy |= reason;
  }

  #resume(reason: number): void {
    if (this.#pausedBy === 0) return;
    this.#pausedBy &= ~reason;
    if (this.#pausedBy === 0) this.socket.resume();
  }
}
