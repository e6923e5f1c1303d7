import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { reasonOf } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { poll } from '../../core/wait.ts';
import { type Followed, follow } from '../../exec/follow.ts';
import { run } from '../../exec/run.ts';
import { which } from '../../exec/which.ts';
import type { Flow } from '../../proto/trace.ts';
import { parseNftTraceLine } from './parse-nft-trace.ts';
import { type SynSighting, SynSightings } from './syn-sightings.ts';
import {
  CANARY_DESTINATION_PORT,
  formatRemoval,
  formatWatchTable,
  type WatchScope,
} from './watch-table.ts';

/** How long `nft monitor trace` may take until it hears. */
const HEARS_WITHIN_MS = 250;

/**
 * Follows the first packets of connections through this host's rules: a table of its own marks them,
 * `nft monitor trace` tells what becomes of them. Neither is there while nobody traces.
 */
export class SynWatch {
  readonly #table: string;
  readonly #log: Log;
  readonly #sightings: SynSightings;
  #monitor: Monitor | undefined;
  /** Changes happen one after the other… */
  #changing: Promise<void> = Promise.resolve();
  /** …and whoever comes while one waits for its turn shares it. */
  #waiting: Promise<void> | undefined;
  #problem: string | undefined;

  readonly #wanted: () => Promise<WatchScope | undefined>;

  /**
   * @param table family and name, e.g. `inet sprue-trace-dea`; nobody else's
   * @param wanted what to watch for at the moment
   */
  constructor(table: string, wanted: () => Promise<WatchScope | undefined>, log: Log) {
    this.#table = table;
    this.#wanted = wanted;
    this.#log = log;
    this.#sightings = new SynSightings(table);
  }

  /** What is wrong with it, in a sentence. While there is something, seeing nothing means nothing. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /**
   * Resolves when what is wanted is watched for. A scope of `undefined` ends the watch and leaves
   * nothing behind. Never rejects: see {@link problem}.
   */
  update(): Promise<void> {
    this.#waiting ??= this.#changing.then(() => {
      this.#waiting = undefined;
      this.#changing = this.#change();
      return this.#changing;
    });
    return this.#waiting;
  }

  async #change(): Promise<void> {
    try {
      await this.#apply(await this.#wanted());
    } catch (thrown) {
      this.#problem = `the first packet is not followed: ${reasonOf(thrown)}`;
      this.#log.warn({ reason: reasonOf(thrown) }, 'trace: watching failed');
    }
  }

  find(flow: Flow): SynSighting | undefined {
    return this.#sightings.find(flow);
  }

  /** Whether new connections came faster than they are followed. */
  async hasMissedSome(): Promise<boolean> {
    try {
      const argv = ['nft', 'list', 'counter', ...this.#table.split(' '), 'missed'] as const;
      const { stdout } = await run([which('nft') ?? 'nft', ...argv.slice(1)]);
      return !/packets 0 /.test(stdout);
    } catch {
      return true; // nobody knows
    }
  }

  async #apply(scope: WatchScope | undefined): Promise<void> {
    if (scope === undefined) return this.#end();
    this.#monitor ??= await Monitor.start(
      line => this.#read(line),
      reason => this.#fail(reason),
    );
    const { canaryPort } = this.#monitor;
    await nft(formatWatchTable(this.#table, scope, canaryPort));
    await this.#monitor.hears();
    this.#problem = undefined;
  }

  async #end(): Promise<void> {
    const monitor = this.#monitor;
    this.#monitor = undefined;
    this.#sightings.clear();
    await Promise.all([nft(formatRemoval(this.#table)), monitor?.stop()]);
  }

  #read(text: string): void {
    const line = parseNftTraceLine(text);
    if (line === undefined) return;
    const { event } = line;
    const port = this.#monitor?.canaryPort;
    if (event.type === 'packet' && event.flow.source.port === port) this.#monitor?.heard();
    else this.#sightings.add(line, text);
  }

  #fail(reason: string): void {
    this.#monitor = undefined;
    this.#problem = `nft monitor trace ended: ${reason}`;
  }
}

/** `nft monitor trace`, with the proof that it listens: it takes a moment, and says nothing when it does. */
class Monitor {
  readonly canaryPort: number;
  readonly #socket;
  readonly #followed: Followed;
  #hears = false;

  private constructor(socket: ReturnType<typeof createSocket>, followed: Followed) {
    this.#socket = socket;
    this.#followed = followed;
    this.canaryPort = socket.address().port;
  }

  static async start(
    onLine: (line: string) => void,
    onFailure: (reason: string) => void,
  ): Promise<Monitor> {
    const socket = createSocket('udp4').unref();
    socket.on('error', () => {}); // a dropped packet is reported as forbidden
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const followed = follow([which('nft') ?? 'nft', 'monitor', 'trace'], {
      onLine,
      onFailure: reason => {
        socket.close();
        onFailure(reason);
      },
    });
    return new Monitor(socket, followed);
  }

  heard(): void {
    this.#hears = true;
  }

  /** Sends packets to the table's rule until one is reported. */
  async hears(): Promise<void> {
    const asks = () => {
      if (this.#hears) return true;
      this.#socket.send('', CANARY_DESTINATION_PORT, '127.0.0.1', () => {});
      return undefined;
    };
    const answer = await poll(asks, { intervalMs: 4, timeoutMs: HEARS_WITHIN_MS });
    if (answer === undefined) throw new Error('nft monitor trace reports nothing');
  }

  async stop(): Promise<void> {
    this.#socket.close();
    await this.#followed.stop();
  }
}

async function nft(script: string): Promise<void> {
  await run([which('nft') ?? 'nft', '-f', '-'], { input: script });
}
