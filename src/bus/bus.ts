import {
  connect,
  createInbox,
  type Msg,
  type NatsConnection,
  type Subscription,
} from '@nats-io/transport-node';
import { reasonOf, SprueError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';

export interface BusOptions {
  /** `host:port` of one or more NATS servers. */
  readonly servers: readonly string[];
  readonly user?: string;
  readonly password?: string;
  /** Shown by the server in its connection list. */
  readonly name: string;
  readonly log: Log;
  /** How long the first connection may take. Default 5 000. */
  readonly connectTimeoutMs?: number;
  /** A server that does not answer two of these in a row is given up. Default 20 000. */
  readonly pingIntervalMs?: number;
}

export interface Message {
  readonly subject: string;
  readonly reply: string | undefined;
  /** The payload as text. */
  text(): string;
  /** The payload as JSON. @throws SyntaxError */
  json(): unknown;
  /** Answers a request; does nothing when nobody asked. */
  respond(payload: unknown): void;
}

export interface BusSubscription {
  unsubscribe(): void;
}

/** What happens to the connection after it was made. */
export type BusStatus = 'disconnected' | 'reconnected' | 'closed';

/** A connection to NATS. It reconnects by itself, without end, until closed. */
export class Bus implements AsyncDisposable {
  /** For the other files of this folder only. */
  readonly connection: NatsConnection;
  /** For the other files of this folder only. */
  readonly log: Log;
  readonly #statusListeners = new Set<(status: BusStatus) => void>();
  readonly #inboxPrefix: string;
  #connected = true;

  private constructor(connection: NatsConnection, log: Log, inboxPrefix: string) {
    this.connection = connection;
    this.log = log;
    this.#inboxPrefix = inboxPrefix;
    void this.#followStatus();
  }

  /** @throws SprueError `BUS_UNAVAILABLE` when no server answers in time. */
  static async connect(options: BusOptions): Promise<Bus> {
    const { servers, user, password, name, log } = options;
    const inbox = inboxPrefix(user);
    try {
      const connection = await connect({
        servers: [...servers],
        name,
        inboxPrefix: inbox,
        ...(user !== undefined && { user }),
        ...(password !== undefined && { pass: password }),
        timeout: options.connectTimeoutMs ?? 5_000,
        maxReconnectAttempts: -1,
        reconnectTimeWait: 250,
        pingInterval: options.pingIntervalMs ?? 20_000,
        ignoreAuthErrorAbort: true,
      });
      return new Bus(connection, log, inbox);
    } catch (cause) {
      throw new SprueError(
        'BUS_UNAVAILABLE',
        { servers: servers.join(', '), reason: reasonOf(cause) },
        { cause },
      );
    }
  }

  get connected(): boolean {
    return this.#connected;
  }

  onStatus(listener: (status: BusStatus) => void): () => void {
    this.#statusListeners.add(listener);
    return () => this.#statusListeners.delete(listener);
  }

  /** Sends JSON, at most once: what is sent while disconnected is lost. */
  publish(subject: string, payload: unknown): void {
    this.connection.publish(subject, JSON.stringify(payload));
  }

  /** Messages of one subscription arrive in order, one at a time. */
  subscribe(subject: string, handler: (message: Message) => void): BusSubscription {
    const subscription: Subscription = this.connection.subscribe(subject, {
      callback: (error, message) => {
        if (error !== null)
          return this.log.warn({ subject, reason: error.message }, 'bus subscription error');
        try {
          handler(new ReceivedMessage(message));
        } catch (thrown) {
          this.log.error({ subject, reason: reasonOf(thrown) }, 'bus handler failed');
        }
      },
    });
    return { unsubscribe: () => subscription.unsubscribe() };
  }

  /**
   * Asks one responder.
   * @throws SprueError `BUS_UNAVAILABLE` when nobody answers in time.
   */
  async request(subject: string, payload: unknown, timeoutMs: number): Promise<Message> {
    try {
      return new ReceivedMessage(
        await this.connection.request(subject, JSON.stringify(payload), { timeout: timeoutMs }),
      );
    } catch (cause) {
      throw new SprueError(
        'BUS_UNAVAILABLE',
        { servers: `subject ${subject}`, reason: reasonOf(cause) },
        { cause },
      );
    }
  }

  /** Asks everybody who listens; resolves with the answers when `count` have come or the time is up. */
  async requestMany(
    subject: string,
    payload: unknown,
    options: { count: number; timeoutMs: number },
  ): Promise<Message[]> {
    if (options.count === 0) {
      this.publish(subject, payload);
      return [];
    }
    const answers: Message[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const inbox = createInbox(this.#inboxPrefix);
    const subscription = this.connection.subscribe(inbox, {
      callback: (_error, message) => {
        // The server itself answers when nobody listens: an empty message with this status.
        if (message.headers?.code === NO_RESPONDERS) return resolve();
        if (answers.push(new ReceivedMessage(message)) === options.count) resolve();
      },
    });
    const timer = setTimeout(resolve, options.timeoutMs);
    try {
      this.connection.publish(subject, JSON.stringify(payload), { reply: inbox });
      await promise;
    } finally {
      clearTimeout(timer);
      subscription.unsubscribe();
    }
    return answers;
  }

  /** Resolves when the server has everything that was published. */
  flush(): Promise<void> {
    return this.connection.flush();
  }

  /** Lets running handlers end, sends what is pending, then closes. */
  async drain(): Promise<void> {
    if (!this.connection.isClosed()) await this.connection.drain();
  }

  /** Closes at once. */
  async close(): Promise<void> {
    await this.connection.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #followStatus(): Promise<void> {
    for await (const status of this.connection.status()) {
      if (status.type === 'disconnect') this.#tell('disconnected');
      else if (status.type === 'reconnect') this.#tell('reconnected');
    }
    this.#tell('closed');
  }

  #tell(status: BusStatus): void {
    this.#connected = status === 'reconnected';
    this.log.info({ status }, 'bus connection');
    for (const listener of this.#statusListeners) listener(status);
  }
}

/** Every user's answers come to subjects of its own, so that permissions can keep others from listening. */
function inboxPrefix(user: string | undefined): string {
  return user !== undefined && /^[\w-]+$/.test(user) ? `_INBOX.${user}` : '_INBOX';
}

const NO_RESPONDERS = 503;

/** A class, not closures: a router receives tens of thousands of these per second. */
class ReceivedMessage implements Message {
  readonly #message: Msg;

  constructor(message: Msg) {
    this.#message = message;
  }

  get subject(): string {
    return this.#message.subject;
  }

  get reply(): string | undefined {
    return this.#message.reply;
  }

  text(): string {
    return this.#message.string();
  }

  json(): unknown {
    return this.#message.json();
  }

  respond(payload: unknown): void {
    if (this.#message.reply) this.#message.respond(JSON.stringify(payload));
  }
}
