import { rm } from 'node:fs/promises';
import { z } from 'zod';
import type { Bus } from '../bus/bus.ts';
import { newGuid } from '../core/ids.ts';
import { readJsonFile, writeJsonFile } from '../core/json-file.ts';
import { REGISTER_INTERVAL_MS, type RouterRegister } from '../proto/router-register.ts';
import { SUBJECTS } from '../proto/subjects.ts';
import type { RouterRegistry } from './store/router-registry.ts';

export interface ApiEndpoint {
  /** `api.<domain>` */
  readonly apiHost: string;
  /** Where routers reach this process. */
  readonly host: string;
  readonly port: number;
  /** Remembers the registration, so that a start after a crash can withdraw it. */
  readonly stateFile: string;
}

/** How long routers get to forget the API before its listener closes. */
const CONFIRM_TIMEOUT_MS = 1_000;

const registrationSchema = z.object({
  host: z.string(),
  port: z.number(),
  uris: z.array(z.string()),
  private_instance_id: z.string(),
});

/** Keeps the API's own route known to the routers, the way a DEA does for apps. */
export class ApiAnnouncement {
  readonly #bus: Bus;
  readonly #routers: RouterRegistry;
  readonly #register: RouterRegister;
  readonly #stateFile: string;
  readonly #timer: NodeJS.Timeout;
  readonly #onRouterStart: { unsubscribe(): void };

  private constructor(bus: Bus, routers: RouterRegistry, endpoint: ApiEndpoint) {
    const { apiHost, host, port, stateFile } = endpoint;
    this.#bus = bus;
    this.#routers = routers;
    this.#stateFile = stateFile;
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
  }

  /** Registers the route, and withdraws the one that a crashed controller left. */
  static async begin(
    bus: Bus,
    routers: RouterRegistry,
    endpoint: ApiEndpoint,
  ): Promise<ApiAnnouncement> {
    const announcement = new ApiAnnouncement(bus, routers, endpoint);
    announcement.announce();
    const left = registrationSchema.safeParse(await readJsonFile(endpoint.stateFile));
    if (left.success) bus.publish(SUBJECTS.routerUnregister, left.data);
    await writeJsonFile(endpoint.stateFile, announcement.#register);
    return announcement;
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
    await rm(this.#stateFile, { force: true });
  }
}
