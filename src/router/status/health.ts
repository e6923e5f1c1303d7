/** What the router says of itself to load balancers. */
export class Health {
  #state: 'starting' | 'serving' | 'draining' = 'starting';

  get serving(): boolean {
    return this.#state === 'serving';
  }

  get state(): string {
    return this.#state;
  }

  /** No effect once draining. */
  serve(): void {
    if (this.#state === 'starting') this.#state = 'serving';
  }

  drain(): void {
    this.#state = 'draining';
  }
}
