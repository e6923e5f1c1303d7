import type { InstanceStats } from '../../proto/v3/process-stats.ts';
import { failureOf, type StartFailure } from './judge-start.ts';

/** An app that holds its own port on loopback for this long will not let go of it. */
const STUBBORN_MS = 1_500;

/**
 * Watches how starting instances listen. Another port may be a debugger's, with the right one still to
 * come: that is a hint. The right port on loopback is an end, long before the start's time is up.
 */
export class ListenWatch {
  readonly #sinceMs = new Map<string, number>();
  readonly #hinted = new Set<string>();

  /** A line for people on the first sight of each problem, and the failure once it is certain. */
  look(
    instances: readonly InstanceStats[],
    nowMs: number,
  ): { readonly hints: readonly string[]; readonly failure: StartFailure | undefined } {
    const hints: string[] = [];
    for (const instance of instances) {
      const name = `${instance.type}/${instance.index}`;
      const problem = instance.sprue?.listen_problem;
      if (!problem || instance.state !== 'STARTING' || !instance.sprue.current) {
        this.#sinceMs.delete(name);
        continue;
      }
      if (!this.#hinted.has(name)) hints.push(`instance ${instance.index}: ${problem.text}`);
      this.#hinted.add(name);
      const sinceMs = this.#sinceMs.get(name) ?? nowMs;
      this.#sinceMs.set(name, sinceMs);
      const stubborn = problem.code === 'APP_LOOPBACK_BIND' && nowMs - sinceMs >= STUBBORN_MS;
      if (stubborn) return { hints, failure: failureOf(instance) };
    }
    return { hints, failure: undefined };
  }
}
