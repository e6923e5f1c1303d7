import type { ClientConnection } from './client-connection.ts';
import type { EndpointConnection } from './endpoint-connection.ts';
import { WebsocketFrames } from './websocket-frames.ts';

/**
 * Passes bytes both ways after a WebSocket handshake. It only looks at where frames begin, so that it
 * can say goodbye between two of them when the router stops.
 */
export class Tunnel {
  bytesFromClient = 0;
  bytesFromEndpoint = 0;
  readonly #client: ClientConnection;
  readonly #endpoint: EndpointConnection;
  readonly #onClosed: (tunnel: Tunnel) => void;
  readonly #clientFrames = new WebsocketFrames();
  readonly #endpointFrames = new WebsocketFrames();
  #isClosed = false;
  #isLeaving = false;

  constructor(
    client: ClientConnection,
    endpoint: EndpointConnection,
    onClosed: (tunnel: Tunnel) => void,
  ) {
    this.#client = client;
    this.#endpoint = endpoint;
    this.#onClosed = onClosed;
  }

  /** The memory of `bytes` is used again after the call. */
  fromClient(bytes: Buffer): void {
    if (this.#isLeaving || this.#isClosed) return;
    this.bytesFromClient += bytes.length;
    this.#clientFrames.pass(bytes, 0, bytes.length);
    if (!this.#endpoint.socket.write(Buffer.from(bytes))) this.#client.pauseForEndpoint();
  }

  /** As {@link fromClient}. */
  fromEndpoint(buffer: Buffer, start: number, end: number): void {
    if (start >= end || this.#isLeaving || this.#isClosed) return;
    this.bytesFromEndpoint += end - start;
    this.#endpointFrames.pass(buffer, start, end);
    const copy = Buffer.from(buffer.subarray(start, end));
    if (!this.#client.socket.write(copy)) this.#endpoint.pause();
  }

  onClientDrain(): void {
    this.#endpoint.resume();
  }

  onEndpointDrain(): void {
    this.#client.resumeForEndpoint();
  }

  onClientEnd(): void {
    this.#endpoint.socket.end();
  }

  onEndpointEnd(): void {
    this.#endpoint.closeSoon();
    this.#client.closeSoon();
  }

  onClientClose(): void {
    this.#endpoint.closeSoon();
    this.#close();
  }

  onEndpointClose(): void {
    this.#client.closeSoon();
    this.#close();
  }

  /** Sends close code 1001, going away (RFC 6455 §7.4.1), to both sides where a frame may stand. */
  leave(): void {
    if (this.#isLeaving || this.#isClosed) return;
    this.#isLeaving = true;
    if (this.#endpointFrames.isBetweenFrames) this.#client.socket.write(GOING_AWAY);
    if (this.#clientFrames.isBetweenFrames) this.#endpoint.socket.write(GOING_AWAY_MASKED);
    this.#endpoint.closeSoon();
    this.#client.closeSoon();
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#onClosed(this);
  }
}

const GOING_AWAY: Buffer = Buffer.of(0x88, 0x02, 0x03, 0xe9);
/** As a client must send it; the mask of zeros leaves the payload as it is. */
const GOING_AWAY_MASKED: Buffer = Buffer.of(0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe9);
