import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Responder } from './responder.ts';

/** Replies that wait for the kernel beyond this are dropped: resolvers ask again. */
const MAX_QUEUED_BYTES = 2 ** 20;

/** One UDP socket that answers. */
export class UdpListener implements AsyncDisposable {
  readonly #socket: Socket;
  readonly #responder: Responder;

  private constructor(socket: Socket, responder: Responder) {
    this.#socket = socket;
    this.#responder = responder;
  }

  /** @throws the error of the kernel */
  static async bind(
    at: { readonly address: string; readonly port: number },
    responder: Responder,
  ): Promise<UdpListener> {
    const type = isIPv6(at.address) ? 'udp6' : 'udp4';
    const socket = createSocket({ type, ipv6Only: type === 'udp6' });
    const listener = new UdpListener(socket, responder);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.once('error', reject);
    socket.bind({ address: at.address, port: at.port, exclusive: true }, resolve);
    try {
      await promise;
    } catch (thrown) {
      socket.close();
      throw thrown;
    }
    socket.off('error', reject).on('error', listener.#unsent);
    socket.on('message', listener.#answer);
    return listener;
  }

  get port(): number {
    return this.#socket.address().port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#socket.close(resolve);
    await promise;
  }

  readonly #answer = (packet: Buffer, client: RemoteInfo): void => {
    const reply = this.#responder.replyToDatagram(packet, client.address);
    if (reply === undefined || client.port === 0) return; // port 0 can only be forged
    if (this.#socket.getSendQueueSize() > MAX_QUEUED_BYTES) return this.#unsent();
    this.#socket.send(reply, client.port, client.address, this.#sent);
  };

  readonly #sent = (error: Error | null): void => {
    if (error) this.#unsent();
  };

  readonly #unsent = (): void => {
    this.#responder.counters.unsent += 1;
  };
}
