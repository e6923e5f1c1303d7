import type { Endpoint } from './endpoint.ts';
import type { RouteAnnouncer } from './route-announcer.ts';

export interface AnnouncementOptions {
  readonly routes: Pick<RouteAnnouncer, 'announce'>;
  /** The endpoint as it is when the message goes out; `undefined` when there is none to announce. */
  readonly endpoint: () => Endpoint | undefined;
  readonly onResult: (confirmed: boolean) => void;
  readonly retryMs: number;
}

/** Keeps the routers informed about one instance: one message after the other, until all have confirmed. */
export class Announcement {
  readonly #options: AnnouncementOptions;
  #last: Promise<void> = Promise.resolve();
  #retry: NodeJS.Timeout | undefined;

  constructor(options: AnnouncementOptions) {
    this.#options = options;
  }

  /** The endpoint is new or has changed. */
  renew(): void {
    clearTimeout(this.#retry);
    this.#last = this.#last.then(() => this.#announce());
  }

  async #announce(): Promise<void> {
    const { routes, endpoint, onResult, retryMs } = this.#options;
    const announced = endpoint();
    if (announced === undefined) return;
    const confirmed = await routes.announce(announced);
    if (endpoint()?.instanceId !== announced.instanceId) return;
    onResult(confirmed);
    if (confirmed) return;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.renew(), retryMs).unref();
  }
}
