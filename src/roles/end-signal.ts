/**
 * Listens for SIGINT and SIGTERM from the first moment, so that an early Ctrl-C ends a command or a role in
 * order instead of leaving half of what it was bringing up.
 */
export class EndSignal implements Disposable {
  readonly #controller = new AbortController();
  readonly #onSignal = () => this.#controller.abort();

  constructor() {
    process.on('SIGINT', this.#onSignal);
    process.on('SIGTERM', this.#onSignal);
  }

  /** Aborted by the first signal; later ones change nothing. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  wait(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.signal.aborted) resolve();
    this.signal.addEventListener('abort', () => resolve(), { once: true });
    return promise;
  }

  [Symbol.dispose](): void {
    process.off('SIGINT', this.#onSignal);
    process.off('SIGTERM', this.#onSignal);
  }
}
