import type { Bus, Message } from '../../bus/bus.ts';
import { type Cidr, parseCidr } from '../../core/address.ts';
import type { Clock } from '../../core/clock.ts';
import { reasonOf } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { HostNetwork } from '../../hostnet/host-network.ts';
import type { RouterPresence, RouterStart } from '../../proto/router-register.ts';
import { SUBJECTS } from '../../proto/subjects.ts';

/** Long: a door that stays open too long harms less than one that closes before a router that lives. */
const FORGET_AFTER_MS = 10 * 60_000;
const SWEEP_INTERVAL_MS = 60_000;
const GREET_TIMEOUT_MS = 1_000;
const MOST_ROUTERS = 1_000;

export interface RouterDoorsOptions {
  readonly bus: Pick<Bus, 'subscribe' | 'requestMany' | 'connected'>;
  readonly hostnet: Pick<HostNetwork, 'clients' | 'setClients'>;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Lets the routers that announce themselves dial this host's instances, and nobody else. What was open
 * when the agent ended is open when it starts; while NATS is away nothing is closed.
 */
export class RouterDoors {
  readonly #options: RouterDoorsOptions;
  readonly #heardMs = new Map<Cidr, number>();
  readonly #end: () => void;

  constructor(options: RouterDoorsOptions) {
    this.#options = options;
    const { bus, hostnet, clock } = options;
    for (const client of hostnet.clients()) this.#heardMs.set(client, clock.now());
    const alive = bus.subscribe(SUBJECTS.routerAlive, message => {
      const { host } = message.json() as Partial<RouterPresence>;
      this.#hear([host]);
    });
    const started = bus.subscribe(SUBJECTS.routerStart, message => this.#hear(hostsIn(message)));
    const sweep = setInterval(() => this.#sweep(), SWEEP_INTERVAL_MS).unref();
    this.#end = () => {
      alive.unsubscribe();
      started.unsubscribe();
      clearInterval(sweep);
    };
    void this.#greet();
  }

  stop(): void {
    this.#end();
  }

  /** Every router answers; so those are known at once, also gorouters, which tell nothing by themselves. */
  async #greet(): Promise<void> {
    const { bus } = this.#options;
    const wait = { count: MOST_ROUTERS, timeoutMs: GREET_TIMEOUT_MS };
    const answers = await bus.requestMany(SUBJECTS.routerGreet, {}, wait).catch(() => []); // closed
    this.#hear(answers.flatMap(hostsIn));
  }

  #hear(hosts: readonly unknown[]): void {
    const routers = hosts.flatMap(asClient);
    const areNew = routers.some(router => !this.#heardMs.has(router));
    for (const router of routers) this.#heardMs.set(router, this.#options.clock.now());
    if (areNew) this.#apply();
  }

  #sweep(): void {
    const { bus, clock } = this.#options;
    if (!bus.connected) {
      for (const router of this.#heardMs.keys()) this.#heardMs.set(router, clock.now());
      return;
    }
    void this.#greet();
    const oldestMs = clock.now() - FORGET_AFTER_MS;
    const silent = [...this.#heardMs].filter(([, heardMs]) => heardMs < oldestMs);
    for (const [router] of silent) this.#heardMs.delete(router);
    if (silent.length > 0) this.#apply();
  }

  #apply(): void {
    const { hostnet, log } = this.#options;
    const routers = [...this.#heardMs.keys()];
    log.info({ routers }, 'routers that may dial this host');
    hostnet.setClients(routers).catch(thrown => {
      for (const router of routers) this.#heardMs.delete(router); // the next announcement tries again
      log.warn({ reason: reasonOf(thrown) }, 'routers could not be let in');
    });
  }
}

function hostsIn(message: Message): readonly unknown[] {
  const { hosts } = message.json() as Partial<RouterStart>;
  return hosts ?? [];
}

function asClient(host: unknown): Cidr[] {
  try {
    return [parseCidr(`${host}/32`)];
  } catch {
    return []; // a name, or nonsense
  }
}
