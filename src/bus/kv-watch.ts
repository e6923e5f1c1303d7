import { setTimeout as delay } from 'node:timers/promises';
import { DeliverPolicy, type JsMsg, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { reasonOf } from '../core/errors.ts';
import type { Bus } from './bus.ts';

/** One stored or deleted entry, as it comes from the server. */
export interface WatchedEntry {
  readonly key: string;
  readonly revision: number;
  readonly deleted: boolean;
  json(): unknown;
}

const RETRY_MS = 250;

/**
 * Follows the keys of a bucket. After each outage it asks for everything again and hands on only
 * what is newer than what it has seen, so that nothing is missed whatever happened to the server.
 * Keys that vanished meanwhile without a trace (expired, swept) are told as deleted, with revision 0;
 * but not when the server lost all its data: that is no order to delete anything.
 */
export class KvWatch {
  readonly #bus: Bus;
  readonly #stream: string;
  readonly #prefix: string;
  readonly #filter: string;
  readonly #onEntry: (entry: WatchedEntry) => void;
  readonly #signal: AbortSignal;
  readonly #current = Promise.withResolvers<void>();
  #stop: () => void = () => {};
  #lastRevision = 0;
  /** Keys that exist, as far as was told. */
  readonly #live = new Set<string>();
  /** Only what the newest round brings counts. */
  #round = 0;

  constructor(
    bus: Bus,
    bucket: string,
    options: {
      readonly filter: string;
      readonly onEntry: (entry: WatchedEntry) => void;
      readonly signal: AbortSignal;
    },
  ) {
    this.#bus = bus;
    this.#stream = `KV_${bucket}`;
    this.#prefix = `$KV.${bucket}.`;
    this.#filter = `${this.#prefix}${options.filter}`;
    this.#onEntry = options.onEntry;
    this.#signal = options.signal;
  }

  /** @returns when everything that was there at the call has been handed on, or the signal aborted. */
  async start(): Promise<void> {
    if (this.#signal.aborted) return;
    const unlisten = this.#bus.onStatus(status => {
      if (status === 'reconnected') void this.#restart();
    });
    this.#signal.addEventListener(
      'abort',
      () => {
        unlisten();
        this.#round++;
        this.#stop();
        this.#current.resolve();
      },
      { once: true },
    );
    const round = ++this.#round;
    try {
      await this.#open(round);
    } catch (thrown) {
      if (round === this.#round) {
        unlisten();
        throw thrown;
      } // else an outage came between, and a later round is at it
    }
    await this.#current.promise;
  }

  async #restart(): Promise<void> {
    const round = ++this.#round;
    this.#stop();
    while (round === this.#round) {
      try {
        const state = await this.#streamState();
        if (state.last_seq < this.#lastRevision) this.#startOver();
        await this.#open(round);
        return;
      } catch (thrown) {
        this.#bus.log.debug(
          { stream: this.#stream, reason: reasonOf(thrown) },
          'watch not back yet',
        );
        await delay(RETRY_MS);
      }
    }
  }

  async #streamState(): Promise<{ readonly last_seq: number }> {
    const manager = await jetstreamManager(this.#bus.connection, { checkAPI: false });
    return (await manager.streams.info(this.#stream)).state;
  }

  async #open(round: number): Promise<void> {
    const consumer = await jetstream(this.#bus.connection).consumers.getPushConsumer(this.#stream, {
      filter_subjects: this.#filter,
      deliver_policy: DeliverPolicy.LastPerSubject,
    });
    let missing = (await consumer.info(true)).num_pending;
    if (round !== this.#round) return;
    const vanished = new Set(this.#live);
    const complete = () => {
      for (const key of vanished) this.#tell({ key, revision: 0, deleted: true, json: nothing });
      this.#current.resolve();
    };
    if (missing === 0) complete();
    const messages = await consumer.consume({
      callback: message => {
        if (round !== this.#round) return;
        vanished.delete(message.subject.slice(this.#prefix.length));
        this.#handOn(message);
        if (--missing === 0) complete();
      },
    });
    this.#stop = () => {
      messages.stop();
      consumer.delete().catch(() => {}); // else the server drops it by itself after five minutes
    };
    if (round !== this.#round) this.#stop();
  }

  /** The server has another stream than before: everything in it is new. */
  #startOver(): void {
    this.#lastRevision = 0;
    this.#live.clear();
  }

  #handOn(message: JsMsg): void {
    if (message.seq <= this.#lastRevision) return;
    this.#lastRevision = message.seq;
    const operation = message.headers?.get('KV-Operation') ?? '';
    this.#tell({
      key: message.subject.slice(this.#prefix.length),
      revision: message.seq,
      deleted: operation === 'DEL' || operation === 'PURGE',
      json: () => message.json(),
    });
  }

  #tell(entry: WatchedEntry): void {
    if (entry.deleted) this.#live.delete(entry.key);
    else this.#live.add(entry.key);
    try {
      this.#onEntry(entry);
    } catch (thrown) {
      const fields = { key: entry.key, reason: reasonOf(thrown) };
      this.#bus.log.error(fields, 'watch handler failed');
    }
  }
}

function nothing(): undefined {}
