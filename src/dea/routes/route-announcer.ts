import type { Bus, Message } from '../../bus/bus.ts';
import type { InstanceId } from '../../core/ids.ts';
import type { Log } from '../../core/log.ts';
import {
  REGISTER_INTERVAL_MS,
  type RouterConfirmation,
  type RouterRegister,
  type RouterStart,
} from '../../proto/router-register.ts';
import { SUBJECTS } from '../../proto/subjects.ts';
import { diffUris, type Endpoint, registration, routeDeletion } from './endpoint.ts';
import type { RoutersKnown } from './routers-known.ts';

export type RouteBus = Pick<
  Bus,
  'publish' | 'subscribe' | 'request' | 'requestMany' | 'onStatus' | 'connected'
>;

/** How long routers may take to confirm; a router that does not is left out. */
const CONFIRM_TIMEOUT_MS = 2_000;
/** While a router may be there that has not spoken yet, every answer within this time is waited for. */
const UNSETTLED_TIMEOUT_MS = 500;
/** Shorter than the rest of a host port that was not confirmed: no other instance can be meant. */
const OWED_MS = 100_000;
const GREET_TIMEOUT_MS = 1_000;

/**
 * Tells the routers about endpoints, in gorouter's messages: at once, every 20 s, whenever a router
 * starts and after NATS was away.
 */
export class RouteAnnouncer {
  readonly #bus: RouteBus;
  readonly #routers: Pick<RoutersKnown, 'ids' | 'settled'>;
  readonly #log: Log;
  readonly #endpoints = new Map<InstanceId, Endpoint>();
  /** Unregistered, but not by every router's word: said again for a while. */
  readonly #owed = new Map<InstanceId, { readonly endpoint: Endpoint; readonly untilMs: number }>();
  readonly #end: (() => void)[] = [];
  #intervalMs = REGISTER_INTERVAL_MS;
  #timer: NodeJS.Timeout | undefined;

  constructor(bus: RouteBus, routers: Pick<RoutersKnown, 'ids' | 'settled'>, log: Log) {
    this.#bus = bus;
    this.#routers = routers;
    this.#log = log;
  }

  start(): void {
    const subscription = this.#bus.subscribe(SUBJECTS.routerStart, message => {
      this.#obey(message.json());
      this.#announceAll();
    });
    const offStatus = this.#bus.onStatus(status => {
      if (status === 'reconnected') this.#announceAll();
    });
    this.#end.push(() => subscription.unsubscribe(), offStatus);
    this.#schedule();
    void this.#greet();
  }

  /** Says nothing more, and unregisters nothing: the instances may go on without this agent. */
  stop(): void {
    clearTimeout(this.#timer);
    for (const end of this.#end.splice(0)) end();
  }

  /**
   * Registers an endpoint and goes on doing so until {@link withdraw}. Announced again with other URIs,
   * new ones are registered and those that are gone are unregistered.
   * @returns whether every known router has confirmed it.
   */
  async announce(endpoint: Endpoint): Promise<boolean> {
    const before = this.#endpoints.get(endpoint.instanceId);
    this.#endpoints.set(endpoint.instanceId, endpoint);
    const { removed } = diffUris(before?.uris ?? [], endpoint.uris);
    const confirmed = await Promise.all([
      this.#tell(SUBJECTS.routerRegister, registration(endpoint)),
      this.#tell(SUBJECTS.routerUnregister, routeDeletion(endpoint, removed)),
    ]);
    return confirmed.every(Boolean);
  }

  /**
   * Unregisters an endpoint for all its URIs, also one that an earlier agent has announced.
   * @returns whether every known router has confirmed it.
   */
  async withdraw(endpoint: Endpoint): Promise<boolean> {
    const announced = this.#endpoints.get(endpoint.instanceId);
    this.#endpoints.delete(endpoint.instanceId);
    const gone = announced ?? endpoint;
    const confirmed = await this.#tell(SUBJECTS.routerUnregister, registration(gone));
    if (!confirmed) {
      const untilMs = performance.now() + OWED_MS;
      this.#owed.set(gone.instanceId, { endpoint: gone, untilMs });
    }
    return confirmed;
  }

  async #tell(subject: string, message: RouterRegister): Promise<boolean> {
    if (message.uris.length === 0) return true;
    const expected = this.#routers.ids();
    const wait = this.#routers.settled
      ? { count: expected.size, timeoutMs: CONFIRM_TIMEOUT_MS }
      : { count: Number.POSITIVE_INFINITY, timeoutMs: UNSETTLED_TIMEOUT_MS };
    const answers = await this.#bus.requestMany(subject, message, wait).catch(() => []); // closed
    const confirmed = new Set<unknown>(answers.map(routerOf));
    const silent = [...expected].filter(id => !confirmed.has(id) && this.#routers.ids().has(id));
    if (silent.length === 0 && this.#bus.connected) return true;
    this.#log.warn(
      { subject, instance: message.private_instance_id, silent },
      'routers did not confirm',
    );
    return false;
  }

  #announceAll(): void {
    if (!this.#bus.connected) return;
    for (const [instanceId, { endpoint, untilMs }] of this.#owed) {
      if (performance.now() > untilMs) this.#owed.delete(instanceId);
      else this.#bus.publish(SUBJECTS.routerUnregister, registration(endpoint));
    }
    for (const endpoint of this.#endpoints.values()) {
      if (endpoint.uris.length > 0) {
        this.#bus.publish(SUBJECTS.routerRegister, registration(endpoint));
      }
    }
  }

  /** Never later than the interval, a little earlier at random, so that hosts spread out. */
  #schedule(): void {
    const waitMs = this.#intervalMs * (0.9 + Math.random() / 10);
    this.#timer = setTimeout(() => {
      this.#announceAll();
      this.#schedule();
    }, waitMs);
    this.#timer.unref();
  }

  async #greet(): Promise<void> {
    try {
      this.#obey((await this.#bus.request(SUBJECTS.routerGreet, {}, GREET_TIMEOUT_MS)).json());
    } catch {
      // No router yet: the first one will say router.start.
    }
  }

  /** A router may ask for a shorter interval. */
  #obey(start: unknown): void {
    const seconds = (start as Partial<RouterStart> | null)?.minimumRegisterIntervalInSeconds;
    if (typeof seconds !== 'number' || !(seconds >= 1)) return;
    this.#intervalMs = Math.min(seconds * 1000, REGISTER_INTERVAL_MS);
  }
}

/** Anybody may answer anything on the bus: what is no confirmation counts for no router. */
function routerOf(answer: Message): unknown {
  try {
    return (answer.json() as Partial<RouterConfirmation> | null)?.router;
  } catch {
    return undefined; // not even JSON
  }
}
