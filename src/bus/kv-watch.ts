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
 * what is newer than what it has seen, so that nothing is missed whatever happened to the server:
 * its consumers may be gone, or all its data.
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
    await this.#open(++this.#round);
    await this.#current.promise;
  }

  async #restart(): Promise<void> {
    const round = ++this.#round;
    this.#stop();
    while (round === this.#round) {
      try {
        const state = await this.#streamState();
        if (state.last_seq < this.#lastRevision) this.#lastRevision = 0; // another stream by now
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
    if (missing === 0) this.#current.resolve();
    const messages = await consumer.consume({
      callback: message => {
        if (round !== this.#round) return;
        this.#handOn(message);
        if (--missing === 0) this.#current.resolve();
      },
    });
    this.#stop = () => {
      messages.stop();
      consumer.delete().catch(() => {}); // else the server drops it by itself after five minutes
    };
    if (round !== this.#round) this.#stop();
  }

  #handOn(message: JsMsg): void {
    if (message.seq <= this.#lastRevision) return;
    this.#lastRevision = message.seq;
    const operation = message.headers?.get('KV-Operation') ?? '';
    const key = message.subject.slice(this.#prefix.length);
    try {
      this.#onEntry({
        key,
        revision: message.seq,
        deleted: operation === 'DEL' || operation === 'PURGE',
        json: () => message.json(),
      });
    } catch (thrown) {
      this.#bus.log.error({ key, reason: reasonOf(thrown) }, 'watch handler failed');
    }
  }
}
