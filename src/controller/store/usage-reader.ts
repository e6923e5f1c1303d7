import { z } from 'zod';
import type { Bus } from '../../bus/bus.ts';
import { reasonOf } from '../../core/errors.ts';
import type { Guid } from '../../core/ids.ts';
import type { Log } from '../../core/log.ts';
import { type InstanceUsage, instanceUsageSchema } from '../../proto/actual-instance.ts';
import { deaStatsSubject } from '../../proto/subjects.ts';

const ANSWER_TIMEOUT_MS = 700;
/** Several people watching the same app cost one request. */
const REUSE_MS = 1_000;
/** But an instance that is newer than the last answer is asked for again, at most this often. */
const ASK_AGAIN_MS = 100;

const answerSchema = z.array(instanceUsageSchema);

type Usage = ReadonlyMap<Guid, InstanceUsage>;

/** Asks DEAs what their instances use. A DEA that does not answer in time uses nothing, as far as we know. */
export class UsageReader {
  readonly #bus: Bus;
  readonly #log: Log;
  readonly #answers = new Map<string, { readonly atMs: number; readonly usage: Promise<Usage> }>();

  constructor(bus: Bus, log: Log) {
    this.#bus = bus;
    this.#log = log;
  }

  /** Usage by guid of the desired instance; of those in `wanted`, if the DEA has them. */
  async read(deaId: string, wanted: readonly Guid[]): Promise<Usage> {
    const known = this.#answers.get(deaId);
    const ageMs = performance.now() - (known?.atMs ?? Number.NEGATIVE_INFINITY);
    if (known !== undefined && ageMs < REUSE_MS) {
      const usage = await known.usage;
      if (ageMs < ASK_AGAIN_MS || wanted.every(guid => usage.has(guid))) return usage;
    }
    const usage = this.#ask(deaId);
    this.#answers.set(deaId, { atMs: performance.now(), usage });
    return usage;
  }

  async #ask(deaId: string): Promise<Usage> {
    try {
      const answer = await this.#bus.request(deaStatsSubject(deaId), {}, ANSWER_TIMEOUT_MS);
      return new Map(answerSchema.parse(answer.json()).map(usage => [usage.guid, usage]));
    } catch (thrown) {
      this.#log.debug({ deaId, reason: reasonOf(thrown) }, 'no usage from the DEA');
      return new Map();
    }
  }
}
