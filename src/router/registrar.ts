import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Bus, BusStatus, BusSubscription, Message } from '../bus/bus.ts';
import { reasonOf } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import {
  ROUTER_ALIVE_INTERVAL_MS,
  type RouterConfirmation,
  type RouterPresence,
  type RouterStart,
} from '../proto/router-register.ts';
import { SUBJECTS } from '../proto/subjects.ts';
import { decodeRegistryMessage } from './registration.ts';
import type { RouteTable } from './table/route-table.ts';

export interface RegistrarOptions {
  readonly bus: Bus;
  readonly table: RouteTable;
  readonly log: Log;
  /** How this router is known to the others. */
  readonly id: string;
  readonly host: string;
  /** What clients are told to register at least as often as. */
  readonly minimumRegisterIntervalMs: number;
  readonly pruneIntervalMs: number;
  /** Keep stale endpoints while no registration can arrive. */
  readonly suspendPruningWhileDisconnected: boolean;
}

/** How many messages of each kind came. */
export interface RegistrarCounters {
  registered: number;
  unregistered: number;
  invalid: number;
}

/** One slice of a prune round, so that a round over a million endpoints does not hold up requests. */
const PRUNE_SLICE = 5_000;

/** Keeps the route table as NATS says it should be. */
export class Registrar {
  readonly counters: RegistrarCounters = { registered: 0, unregistered: 0, invalid: 0 };
  readonly #options: RegistrarOptions;
  readonly #start: RouterStart;
  readonly #confirmation: RouterConfirmation;
  readonly #timers: NodeJS.Timeout[] = [];
  #subscription: BusSubscription | undefined;
  #unlisten: (() => void) | undefined;
  #presence: RouterPresence | undefined;
  #pruning = false;

  constructor(options: RegistrarOptions) {
    const { id, host, minimumRegisterIntervalMs, table } = options;
    this.#options = options;
    this.#confirmation = { router: id };
    this.#start = {
      id,
      hosts: [host],
      minimumRegisterIntervalInSeconds: Math.ceil(minimumRegisterIntervalMs / 1000),
      pruneThresholdInSeconds: Math.ceil(table.staleThresholdMs / 1000),
    };
  }

  /** Subscribes, and asks everybody to register. */
  start(): void {
    const { bus, pruneIntervalMs } = this.#options;
    // One subscription for both subjects, so that register and unregister cannot overtake each other.
    this.#subscription = bus.subscribe('router.*', message => this.#receive(message));
    this.#unlisten = bus.onStatus(status => this.#follow(status));
    bus.publish(SUBJECTS.routerStart, this.#start);
    this.#timers.push(setInterval(() => this.#prune(), pruneIntervalMs));
  }

  /** Waits until registrations have come in and stopped coming, for `timeoutMs` at most. */
  async settle(quietMs: number, timeoutMs: number, signal?: AbortSignal): Promise<void> {
    const endMs = performance.now() + timeoutMs;
    for (let seen = -1; seen !== this.counters.registered && performance.now() < endMs; ) {
      seen = this.counters.registered;
      await delay(quietMs, undefined, signal ? { signal } : {});
    }
  }

  /** From now on the router is known as one that must confirm changes. @param port where it listens. */
  announce(port: number): void {
    const { id, host } = this.#options;
    this.#presence = { id, host, port, name: hostname() };
    this.#sayAlive();
    this.#timers.push(setInterval(() => this.#sayAlive(), ROUTER_ALIVE_INTERVAL_MS));
  }

  /** Stops listening to NATS and says goodbye. The table stays as it is. */
  stop(): void {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    this.#subscription?.unsubscribe();
    this.#unlisten?.();
    const { bus } = this.#options;
    if (bus.connected && this.#presence) bus.publish(SUBJECTS.routerGone, this.#presence);
  }

  #receive(message: Message): void {
    switch (message.subject) {
      case SUBJECTS.routerRegister:
      case SUBJECTS.routerUnregister:
        return this.#change(message);
      case SUBJECTS.routerGreet:
        return message.respond(this.#start);
      default: // another router's start, or a subject we have no part in
    }
  }

  #change(message: Message): void {
    const { table, log } = this.#options;
    const { subject, reply } = message;
    try {
      const change = decodeRegistryMessage(subject, message.text());
      if (subject === SUBJECTS.routerRegister) {
        this.counters.registered++;
        table.register(change, Date.now());
      } else {
        this.counters.unregistered++;
        table.unregister(change, Date.now());
      }
    } catch (thrown) {
      this.counters.invalid++;
      log.warn({ subject, reason: reasonOf(thrown) }, 'validation-error');
      return;
    }
    if (reply) message.respond(this.#confirmation);
  }

  #follow(status: BusStatus): void {
    const { bus, table } = this.#options;
    if (status !== 'reconnected') return;
    if (this.#options.suspendPruningWhileDisconnected) table.renewAll(Date.now());
    bus.publish(SUBJECTS.routerStart, this.#start);
  }

  #sayAlive(): void {
    const { bus } = this.#options;
    if (bus.connected && this.#presence) bus.publish(SUBJECTS.routerAlive, this.#presence);
  }

  #prune(): void {
    const { bus, suspendPruningWhileDisconnected } = this.#options;
    if (this.#pruning || (suspendPruningWhileDisconnected && !bus.connected)) return;
    this.#pruning = true;
    this.#pruneSlice();
  }

  #pruneSlice(): void {
    if (this.#options.table.prune(Date.now(), PRUNE_SLICE)) this.#pruning = false;
    else setImmediate(() => this.#pruneSlice());
  }
}
