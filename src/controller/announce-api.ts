import type { Bus } from '../bus/bus.ts';
import { newGuid } from '../core/ids.ts';
import { REGISTER_INTERVAL_MS, type RouterRegister } from '../proto/router-register.ts';
import { SUBJECTS } from '../proto/subjects.ts';
import type { RouterRegistry } from './store/router-registry.ts';

export interface ApiEndpoint {
  /** `api.<domain>` */
  readonly apiHost: string;
  /** Where routers reach this process. */
  readonly host: string;
  readonly port: number;
}

/** How long routers get to forget the API before its listener closes. */
const CONFIRM_TIMEOUT_MS = 1_000;

/** Keeps the API's own route known to the routers, the way a DEA does for apps. */
export class ApiAnnouncement {
  readonly #bus: Bus;
  readonly #routers: RouterRegistry;
  readonly #register: RouterRegister;
  readonly #timer: NodeJS.Timeout;
  readonly #onRouterStart: { unsubscribe(): void };

  constructor(bus: Bus, routers: RouterRegistry, { apiHost, host, port }: ApiEndpoint) {
    this.#bus = bus;
    this.#routers = routers;
    this.#register = {
      host,
      port,
      uris: [apiHost],
      private_instance_id: newGuid(),
      private_instance_index: '0',
      tags: { component: 'api' },
    };
    this.#timer = setInterval(() => this.announce(), REGISTER_INTERVAL_MS);
    this.#onRouterStart = bus.subscribe(SUBJECTS.routerStart, () => this.announce());
    this.announce();
  }

  announce(): void {
    this.#bus.publish(SUBJECTS.routerRegister, this.#register);
  }

  /** Resolves when every known router has forgotten the route, or the time is up. */
  async withdraw(): Promise<void> {
    clearInterval(this.#timer);
    this.#onRouterStart.unsubscribe();
    if (!this.#bus.connected) return;
    const count = this.#routers.live().length;
    const options = { count, timeoutMs: CONFIRM_TIMEOUT_MS };
    await this.#bus.requestMany(SUBJECTS.routerUnregister, this.#register, options);
  }
}
