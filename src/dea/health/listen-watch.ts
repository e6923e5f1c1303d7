import type { ListenProblem } from '../../proto/actual-instance.ts';
import { type ListeningSocket, listenVerdict } from './listen-verdict.ts';

export interface ListenWatchOptions {
  readonly port: number;
  readonly read: () => Promise<readonly ListeningSocket[]>;
  /** A problem must have been seen for this long, since an app may open other ports first. */
  readonly suspicionMs: number;
}

const LOOK_EVERY_MS = 500;

/** Looks how a starting app listens, while its health check fails. */
export class ListenWatch {
  readonly #options: ListenWatchOptions;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #seen: { readonly code: ListenProblem['code']; readonly sinceMs: number } | undefined;
  #reported: ListenProblem | undefined;

  constructor(options: ListenWatchOptions) {
    this.#options = options;
  }

  /**
   * @returns the problem to report by now. An app that does not listen at all may just be slow, so that
   *   is for {@link verdict} to say when the time is up.
   */
  async look(nowMs: number): Promise<ListenProblem | undefined> {
    if (nowMs - this.#lookedMs < LOOK_EVERY_MS) return this.#reported;
    this.#lookedMs = nowMs;
    const problem = await this.verdict();
    if (problem === undefined || problem.code === 'APP_NOT_LISTENING') {
      this.#seen = undefined;
      this.#reported = undefined;
      return undefined;
    }
    if (this.#seen?.code !== problem.code) this.#seen = { code: problem.code, sinceMs: nowMs };
    const certain = nowMs - this.#seen.sinceMs >= this.#options.suspicionMs;
    this.#reported = certain ? problem : undefined;
    return this.#reported;
  }

  async verdict(): Promise<ListenProblem | undefined> {
    return listenVerdict(await this.#options.read(), this.#options.port);
  }
}
