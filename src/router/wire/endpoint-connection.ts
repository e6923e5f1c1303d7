import { connect, type Socket } from 'node:net';
import { ResponseReader } from '../../http1/response-reader.ts';
import type { Endpoint } from '../table/endpoint.ts';
import { Deadline, NEVER } from './deadlines.ts';
import type { EndpointConnections } from './endpoint-connections.ts';
import type { Exchange } from './exchange.ts';
import { dialFailure, type FailureKind } from './failure.ts';
import { Outlet } from './outlet.ts';
import type { ProxyContext } from './proxy-context.ts';
import { bindAddress, type RequestTrace } from './request-trace.ts';
import type { Tunnel } from './tunnel.ts';

const CONNECTING = 0;
const ACTIVE = 1;
const IDLE = 2;
const TUNNEL = 3;
const CLOSED = 4;

const CLOSE_MS = 5_000;

/** One connection to an endpoint. Serves one exchange after the other, never two at a time. */
export class EndpointConnection extends Deadline {
  readonly socket: Socket;
  readonly out: Outlet;
  readonly reader: ResponseReader;
  /** Requests sent on it so far. */
  requests = 0;
  idleSinceMs = 0;
  idleTimeoutMs: number;
  localPort = 0;
  /** When it was open. */
  openedMs = 0;
  readonly #context: ProxyContext;
  readonly #home: EndpointConnections;
  #state = CONNECTING;
  #exchange: Exchange | undefined;
  #tunnel: Tunnel | undefined;
  #isPaused = false;
  #writesBefore = 0;

  constructor(
    context: ProxyContext,
    endpoint: Endpoint,
    home: EndpointConnections,
    exchange: Exchange,
    trace: RequestTrace | undefined,
  ) {
    super();
    this.#context = context;
    this.#home = home;
    this.#exchange = exchange;
    this.idleTimeoutMs = context.options.endpointIdleTimeoutMs;
    this.reader = new ResponseReader(context.responseHead, context.options.limits);
    this.socket = connect({
      host: endpoint.host,
      port: endpoint.port,
      localAddress: trace && bindAddress(endpoint.host),
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 60_000,
      onread: {
        buffer: context.readBuffer,
        callback: (size: number) => this.#onRead(size),
      },
    });
    this.out = new Outlet(this.socket);
    trace?.dials(this);
    this.socket.on('connect', () => this.#onConnect());
    this.socket.on('end', () => this.#onEnd());
    this.socket.on('drain', () => this.#onDrain());
    this.socket.on('error', error => this.#onError(error));
    this.socket.on('close', () => this.#onClose());
    context.counters.dials++;
    context.counters.endpointConnections++;
    context.deadlines.add(this);
    this.deadlineTick = context.deadlines.after(context.options.dialTimeoutMs);
  }

  get isReusable(): boolean {
    return (
      this.#state === ACTIVE &&
      this.idleTimeoutMs > 0 &&
      !this.reader.hasExcess &&
      this.socket.writableLength === 0
    );
  }

  /** Whether the request that runs now is not its first. */
  get wasReused(): boolean {
    return this.requests > 1;
  }

  /** Call before writing a request. */
  begin(exchange: Exchange, answersHead: boolean): void {
    this.#state = ACTIVE;
    this.#exchange = exchange;
    this.requests++;
    this.#writesBefore = this.out.writes;
    this.reader.expect(answersHead);
  }

  /** `Keep-Alive: timeout` of the endpoint: closes a second before it would. */
  learnIdleTimeout(timeoutSec: number): void {
    const { endpointIdleTimeoutMs } = this.#context.options;
    this.idleTimeoutMs = Math.min(endpointIdleTimeoutMs, Math.max(0, timeoutSec * 1000 - 1000));
  }

  /** The exchange is over; waits for the next one. */
  release(nowMs: number): void {
    this.#exchange = undefined;
    this.#state = IDLE;
    this.idleSinceMs = nowMs;
    this.resume();
    this.deadlineTick = this.#context.deadlines.after(this.idleTimeoutMs);
    if (!this.#home.keep(this, this.#context.options.maxIdlePerEndpoint)) this.destroy();
  }

  becomeTunnel(tunnel: Tunnel): void {
    this.#exchange = undefined;
    this.#tunnel = tunnel;
    this.#state = TUNNEL;
    this.deadlineTick = NEVER;
  }

  /** Closes without telling anybody. */
  destroy(): void {
    if (this.#state === IDLE) this.#home.remove(this);
    this.#exchange = undefined;
    this.#state = CLOSED;
    this.deadlineTick = NEVER;
    this.reader.stop();
    this.socket.destroy();
  }

  /** Sends what is pending, then closes; a peer that does not take it is cut off. */
  closeSoon(): void {
    this.deadlineTick = this.#context.deadlines.after(CLOSE_MS);
    this.socket.destroySoon();
  }

  pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.socket.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.socket.resume();
  }

  override onDeadline(): void {
    if (this.#state === IDLE) this.destroy();
    else if (this.#state === CONNECTING) this.#fail('dial_timeout');
    else if (this.#state === ACTIVE) this.#fail('response_timeout');
    else this.socket.destroy();
  }

  #onConnect(): void {
    if (this.#state !== CONNECTING) return;
    this.localPort = this.socket.localPort ?? 0;
    this.openedMs = performance.now();
    this.deadlineTick = NEVER;
    this.#exchange?.onConnected(this);
  }

  #onRead(size: number): boolean {
    const buffer = this.#context.readBuffer;
    if (this.#state === ACTIVE) {
      const exchange = this.#exchange;
      if (exchange === undefined) return true;
      const used = this.reader.push(buffer, 0, size, exchange);
      if (this.#exchange === exchange) exchange.afterEndpointRead();
      if (this.#tunnel !== undefined) this.#tunnel.fromEndpoint(buffer, used, size);
    } else if (this.#state === TUNNEL) {
      this.#tunnel?.fromEndpoint(buffer, 0, size);
    } else if (this.#state === IDLE) {
      // Nobody asked: whatever it is, it must not become the answer to the next request.
      this.destroy();
    }
    return true;
  }

  #onEnd(): void {
    if (this.#state === TUNNEL) this.#tunnel?.onEndpointEnd();
    else if (this.#state === IDLE) this.destroy();
    else if (this.#state === ACTIVE && this.#exchange !== undefined) {
      if (!this.reader.finish(this.#exchange)) this.#fail('eof');
    }
  }

  #onDrain(): void {
    this.out.isBlocked = false;
    if (this.#state === TUNNEL) this.#tunnel?.onEndpointDrain();
    else if (this.#state === ACTIVE) this.#exchange?.onEndpointDrain();
  }

  #onError(error: NodeJS.ErrnoException): void {
    if (this.#state === CONNECTING) this.#fail(dialFailure(error.code));
    else if (this.#state === ACTIVE) this.#fail(this.#isNothingSent(error) ? 'not_sent' : 'reset');
    else if (this.#state === IDLE) this.destroy();
  }

  /** The first write of a request failed at once: the kernel took none of it. */
  #isNothingSent(error: NodeJS.ErrnoException): boolean {
    return error.syscall === 'write' && this.out.writes - this.#writesBefore === 1;
  }

  #onClose(): void {
    this.#context.deadlines.remove(this);
    this.#context.counters.endpointConnections--;
    if (this.#state === CONNECTING || this.#state === ACTIVE) this.#fail('eof');
    else if (this.#state === IDLE) this.destroy();
    else if (this.#state === TUNNEL) this.#tunnel?.onEndpointClose();
    this.#state = CLOSED;
  }

  #fail(kind: FailureKind): void {
    const exchange = this.#exchange;
    this.destroy();
    exchange?.fail(kind);
  }
}
