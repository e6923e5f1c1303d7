import type { BusStatus, Message } from '../../bus/bus.ts';
import type { RouteBus } from '../routes/route-announcer.ts';

interface Published {
  readonly subject: string;
  readonly payload: unknown;
  /** Whether answers were asked for. */
  readonly asked: boolean;
}

/** NATS in memory: records what is published, delivers what a test says, answers as a test's routers would. */
export class FakeBus implements RouteBus {
  connected = true;
  readonly published: Published[] = [];
  /** Ids of the routers that confirm every request. */
  confirming: string[] = [];
  /** Answers to every request that are no confirmations. */
  strayAnswers: string[] = [];
  readonly #handlers = new Map<string, Set<(message: Message) => void>>();
  readonly #statusListeners = new Set<(status: BusStatus) => void>();

  publish(subject: string, payload: unknown): void {
    this.published.push({ subject, payload, asked: false });
  }

  subscribe(subject: string, handler: (message: Message) => void): { unsubscribe(): void } {
    const handlers = this.#handlers.get(subject) ?? new Set();
    this.#handlers.set(subject, handlers.add(handler));
    return { unsubscribe: () => handlers.delete(handler) };
  }

  async request(subject: string): Promise<Message> {
    throw new Error(`nobody answers ${subject}`);
  }

  async requestMany(
    subject: string,
    payload: unknown,
    options: { count: number; timeoutMs: number },
  ): Promise<Message[]> {
    this.published.push({ subject, payload, asked: true });
    const confirmations = this.confirming.map(router => JSON.stringify({ router }));
    return [...this.strayAnswers, ...confirmations]
      .slice(0, options.count)
      .map(text => messageOf(subject, text));
  }

  onStatus(listener: (status: BusStatus) => void): () => void {
    this.#statusListeners.add(listener);
    return () => this.#statusListeners.delete(listener);
  }

  deliver(subject: string, payload: unknown): void {
    for (const handler of this.#handlers.get(subject) ?? [])
      handler(messageOf(subject, JSON.stringify(payload)));
  }

  tellStatus(status: BusStatus): void {
    this.connected = status === 'reconnected';
    for (const listener of this.#statusListeners) listener(status);
  }

  /** What was published since the last call, as `subject uri,uri`. */
  takeRoutes(): string[] {
    return this.published
      .splice(0)
      .map(
        ({ subject, payload }) => `${subject} ${(payload as { uris: string[] }).uris.join(',')}`,
      );
  }
}

function messageOf(subject: string, text: string): Message {
  return {
    subject,
    reply: undefined,
    text: () => text,
    json: () => JSON.parse(text),
    respond: () => {},
  };
}
