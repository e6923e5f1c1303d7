/**
 * Runs a task when asked: one run at a time, and once more when asked during a run. A run that fails
 * is reported and tried again a little later, until `stop`.
 */
export class Repeater {
  readonly #task: () => Promise<void>;
  readonly #onFailure: (thrown: unknown) => void;
  readonly #retryMs: number;
  #running: Promise<void> | undefined;
  #isAsked = false;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(
    task: () => Promise<void>,
    { onFailure, retryMs }: { onFailure: (thrown: unknown) => void; retryMs: number },
  ) {
    this.#task = task;
    this.#onFailure = onFailure;
    this.#retryMs = retryMs;
  }

  ask(): void {
    if (this.#isStopped) return;
    this.#isAsked = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** Resolves when the run under way has ended; there is none after it. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#isAsked && !this.#isStopped) {
      this.#isAsked = false;
      clearTimeout(this.#timer);
      try {
        await this.#task();
      } catch (thrown) {
        this.#onFailure(thrown);
        this.#timer = setTimeout(() => this.ask(), this.#retryMs);
      }
    }
  }
}
