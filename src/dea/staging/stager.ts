import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { reasonOf } from '../../core/errors.ts';
import type { StagingResult, StagingTask } from '../../proto/staging.ts';
import { Build, type BuildServices } from './build.ts';
import { BuildCache } from './build-cache.ts';
import { StagingFailure } from './staging-failure.ts';
import { installToolbox } from './toolbox.ts';

export interface StagerOptions
  extends Omit<BuildServices, 'toolbox' | 'workFolder' | 'buildpackFolder' | 'cache'> {
  /** The platform's state directory; this class uses `dea/staging`, `dea/toolbox` and `dea/cache`. */
  readonly stateDir: string;
  /** Where the operator, and nobody else, puts buildpacks. Default `<stateDir>/buildpacks`. */
  readonly buildpackFolder?: string;
}

/** Downloads of all apps on this host. */
const CACHE_BYTES = 2 * 2 ** 30;

/** Makes droplets out of packages, each in a container of its own. Builds may run side by side. */
export class Stager {
  readonly #options: StagerOptions;
  readonly #workFolder: string;
  readonly #cache: BuildCache;
  /** The path of the toolbox. */
  #prepared: Promise<string> | undefined;

  constructor(options: StagerOptions) {
    this.#options = options;
    const { stateDir, log } = options;
    this.#workFolder = join(stateDir, 'dea', 'staging');
    const folder = join(stateDir, 'dea', 'cache');
    this.#cache = new BuildCache({ folder, maxBytes: CACHE_BYTES, log });
  }

  /**
   * Runs one build to its end and removes everything of it but the droplet. What goes wrong becomes a
   * `FAILED` result; this method does not throw. Aborting `signal` cancels the build.
   */
  async stage(task: StagingTask, signal: AbortSignal): Promise<StagingResult> {
    const { buildGuid, deaId } = task;
    const deadline = AbortSignal.timeout(task.timeoutSec * 1000);
    const log = this.#options.log.child({ build: buildGuid, app: task.appGuid });
    try {
      const services = {
        ...this.#options,
        buildpackFolder:
          this.#options.buildpackFolder ?? join(this.#options.stateDir, 'buildpacks'),
        toolbox: await this.#prepare(),
        cache: this.#cache,
        workFolder: join(this.#workFolder, buildGuid),
        log,
      };
      await using build = new Build(task, services, AbortSignal.any([signal, deadline]));
      return await build.run();
    } catch (thrown) {
      const failure = explain(thrown, task, { signal, deadline });
      log.info({ error: failure.toString(), cause: reasonOf(thrown) }, 'build failed');
      return { buildGuid, deaId, state: 'FAILED', error: failure.toString() };
    }
  }

  /** Before the first build of a process, so that the tools are those of the running version. */
  async #prepare(): Promise<string> {
    this.#prepared ??= this.#installAnew();
    try {
      return await this.#prepared;
    } catch (thrown) {
      this.#prepared = undefined;
      throw thrown;
    }
  }

  /**
   * Builds that died with an earlier agent leave files; their containers and networks, which have the
   * build's guid as instance id, go with all that recovery does not know.
   */
  async #installAnew(): Promise<string> {
    await rm(this.#workFolder, { recursive: true, force: true });
    return await installToolbox(join(this.#options.stateDir, 'dea', 'toolbox'));
  }
}

/** What is aborted fails everywhere at once; the first cause counts, not what it led to. */
function explain(
  thrown: unknown,
  task: StagingTask,
  { signal, deadline }: { readonly signal: AbortSignal; readonly deadline: AbortSignal },
): StagingFailure {
  if (thrown instanceof StagingFailure) return thrown;
  if (signal.aborted) return new StagingFailure('StagingError', 'the build was cancelled');
  if (deadline.aborted) {
    const text = `the build took more than ${formatSeconds(task.timeoutSec)}`;
    return new StagingFailure('StagingTimeExpired', text);
  }
  const { code } = (thrown ?? {}) as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new StagingFailure('StagingError', "the host's disk is full");
  }
  return new StagingFailure('StagingError', reasonOf(thrown));
}

function formatSeconds(seconds: number): string {
  return seconds >= 120 ? `${Math.round(seconds / 60)} minutes` : `${seconds} seconds`;
}
