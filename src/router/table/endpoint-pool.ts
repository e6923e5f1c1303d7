import type { Endpoint } from './endpoint.ts';

/** How long an endpoint that failed is passed over (gorouter: a quarter of the stale threshold). */
export const FAILURE_BACKOFF_MS = 30_000;

/** The endpoints of one route. */
export class EndpointPool {
  /** The route: host or host/path, lower case. */
  readonly uri: string;
  /** When the last endpoint went; 0 while there is one. Owned by the route table. */
  emptySinceMs = 0;
  readonly #endpoints: Endpoint[] = [];
  /** Index of the next candidate; −1 = not chosen yet, so that routers do not march in step. */
  #cursor = -1;

  constructor(uri: string) {
    this.uri = uri;
  }

  get size(): number {
    return this.#endpoints.length;
  }

  get endpoints(): readonly Endpoint[] {
    return this.#endpoints;
  }

  /**
   * Round robin over the endpoints that are not in `tried` and did not fail lately. When all that
   * is left did fail lately, their marks are cleared and the next of them is taken.
   */
  pick(tried: readonly Endpoint[]): Endpoint | undefined {
    const endpoints = this.#endpoints;
    const count = endpoints.length;
    if (count === 0) return undefined;
    if (this.#cursor < 0) this.#cursor = Math.floor(Math.random() * count);
    let nowMs = 0;
    let anyFailed = false;
    let index = this.#cursor;
    for (let step = 0; step < count; step++) {
      if (index >= count) index = 0;
      const endpoint = endpoints[index++] as Endpoint;
      if (tried.length > 0 && tried.includes(endpoint)) continue;
      if (endpoint.failedUntilMs !== 0) {
        if (nowMs === 0) nowMs = Date.now();
        if (endpoint.failedUntilMs > nowMs) {
          anyFailed = true;
          continue;
        }
        endpoint.failedUntilMs = 0;
      }
      this.#cursor = index;
      return endpoint;
    }
    if (!anyFailed) return undefined;
    for (const endpoint of endpoints) {
      if (!tried.includes(endpoint)) endpoint.failedUntilMs = 0;
    }
    return this.pick(tried);
  }

  /** Passes the endpoint over for {@link FAILURE_BACKOFF_MS}, in all pools that hold it. */
  markFailed(endpoint: Endpoint): void {
    endpoint.failedUntilMs = Date.now() + FAILURE_BACKOFF_MS;
  }

  /** For the route table only. */
  add(endpoint: Endpoint): void {
    this.#endpoints.push(endpoint);
  }

  /** For the route table only. */
  replace(old: Endpoint, by: Endpoint): void {
    this.#endpoints[this.#endpoints.indexOf(old)] = by;
  }

  /** For the route table only. */
  remove(endpoint: Endpoint): void {
    const index = this.#endpoints.indexOf(endpoint);
    if (index < 0) return;
    this.#endpoints.splice(index, 1);
    if (index < this.#cursor) this.#cursor--;
  }
}
