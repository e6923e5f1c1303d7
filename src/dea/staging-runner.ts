import type { Guid } from '../core/ids.ts';
import { stagingKey } from '../proto/buckets.ts';
import type { StagingResult, StagingTask } from '../proto/staging.ts';
import type { KeyedWriter } from './keyed-writer.ts';

/** Makes droplets; see `staging/stager.ts`. */
export interface TaskStager {
  /** Does not throw; aborting cancels. */
  stage(task: StagingTask, signal: AbortSignal): Promise<StagingResult>;
}

/** Runs one build per staging task that is desired, and reports what became of it. */
export class StagingRunner {
  readonly #deaId: string;
  readonly #stager: TaskStager;
  readonly #actual: Pick<KeyedWriter<StagingResult>, 'put' | 'delete'>;
  readonly #builds = new Map<Guid, { readonly cancel: AbortController; done: Promise<void> }>();
  #leaving = false;

  constructor(
    deaId: string,
    stager: TaskStager,
    actual: Pick<KeyedWriter<StagingResult>, 'put' | 'delete'>,
  ) {
    this.#deaId = deaId;
    this.#stager = stager;
    this.#actual = actual;
  }

  /** A task is there: runs it unless it was run. */
  want(task: StagingTask): void {
    if (this.#builds.has(task.buildGuid)) return;
    const cancel = new AbortController();
    this.#builds.set(task.buildGuid, { cancel, done: this.#build(task, cancel.signal) });
  }

  /** The task's result is known from an earlier agent. */
  remember(buildGuid: Guid): void {
    const cancel = new AbortController();
    this.#builds.set(buildGuid, { cancel, done: Promise.resolve() });
  }

  /** The task is gone: cancels the build and forgets its result. */
  async unwant(buildGuid: Guid): Promise<void> {
    const build = this.#builds.get(buildGuid);
    if (build === undefined) return;
    build.cancel.abort();
    await build.done;
    if (this.#builds.get(buildGuid) === build) this.#builds.delete(buildGuid);
    this.#actual.delete(stagingKey(this.#deaId, buildGuid));
  }

  /** Ends all builds; the next agent begins them anew. */
  async leave(): Promise<void> {
    this.#leaving = true;
    const builds = [...this.#builds.values()];
    for (const { cancel } of builds) cancel.abort();
    await Promise.all(builds.map(({ done }) => done));
  }

  async #build(task: StagingTask, signal: AbortSignal): Promise<void> {
    const { buildGuid, deaId } = task;
    const key = stagingKey(this.#deaId, buildGuid);
    this.#actual.put(key, { buildGuid, deaId, state: 'STAGING' });
    const result = await this.#stager.stage(task, signal);
    if (!signal.aborted && !this.#leaving) this.#actual.put(key, result);
  }
}
