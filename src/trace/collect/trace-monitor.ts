import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { poll } from '../../core/wait.ts';
import { type Followed, type FollowOptions, follow } from '../../exec/follow.ts';
import { which } from '../../exec/which.ts';
import { CANARY_DESTINATION_PORT } from './watch-table.ts';

/** Canaries are told apart by their length. */
const CANARIES = 1_000;
const REPEAT_MS = 5;

/**
 * `nft monitor trace`. It says nothing when it begins to listen, and its news come with a delay. So
 * packets of our own go through the rules: once one of them is reported, it listens and has told of
 * everything before.
 */
export class TraceMonitor {
  /** Where canaries come from. */
  readonly canaryPort: number;
  readonly #socket: Socket;
  readonly #followed: Followed;
  #sent = 0;
  /** Lengths of canaries under way. */
  readonly #awaited = new Set<number>();

  private constructor(socket: Socket, followed: Followed) {
    this.#socket = socket;
    this.#followed = followed;
    this.canaryPort = socket.address().port;
  }

  static async start({ onLine, onFailure }: FollowOptions): Promise<TraceMonitor> {
    const socket = createSocket('udp4').unref();
    socket.on('error', () => {}); // a dropped packet is reported as forbidden
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const followed = follow([which('nft') ?? 'nft', 'monitor', 'trace'], {
      onLine,
      onFailure(reason) {
        socket.close();
        onFailure(reason);
      },
    });
    return new TraceMonitor(socket, followed);
  }

  /** A canary was reported. */
  heard(length: number): void {
    this.#awaited.delete(length);
  }

  /** Resolves once all that happened until now has been told; `false` when it was not in time. */
  async hears(withinMs: number): Promise<boolean> {
    const mine = new Set<number>();
    const asks = () => {
      for (const length of mine) if (!this.#awaited.has(length)) return true;
      mine.add(this.#send());
      return undefined;
    };
    const heard = await poll(asks, { intervalMs: REPEAT_MS, timeoutMs: withinMs });
    for (const length of mine) this.#awaited.delete(length);
    return heard === true;
  }

  async stop(): Promise<void> {
    this.#socket.close();
    await this.#followed.stop();
  }

  #send(): number {
    const length = this.#sent++ % CANARIES;
    this.#awaited.add(length);
    this.#socket.send(Buffer.alloc(length), CANARY_DESTINATION_PORT, '127.0.0.1', () => {});
    return length;
  }
}
