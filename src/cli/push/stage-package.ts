import { SprueError } from '../../core/errors.ts';
import type { Build } from '../../proto/v3/build.ts';
import type { Api } from '../api/api.ts';
import { LOG_OVERLAP_NS, LogMerger } from '../logs/log-follower.ts';
import { pollPatiently } from '../poll-patiently.ts';
import { foreignText } from '../render/foreign-text.ts';
import { made, type PushStep } from './push-step.ts';
import { stillServes } from './still-serves.ts';
import { olderText } from './unhealthy-error.ts';

const INTERVAL_MS = 100;
const LOG_INTERVAL_MS = 250;
const LOG_LIMIT = 1_000;

export interface StageOptions {
  readonly signal: AbortSignal;
  /** A line of the staging's output. */
  readonly print: (line: string) => void;
}

export interface Staged {
  readonly dropletGuid: string;
  readonly buildpacks: readonly string[];
}

/** Stages the package; its output is shown as it comes. */
export const stage: PushStep = async (state, { api, progress, context }) => {
  const staged = await progress.step('stage', async step => {
    const value = await stagePackage(api, state.app, made(state, 'packageGuid'), {
      signal: context.signal,
      print: line => step.print(line),
    });
    return { value, detail: value.buildpacks.join(', ') };
  });
  return { ...state, ...staged };
};

/** Builds a droplet from a package. @throws SprueError `STAGING_FAILED` */
export async function stagePackage(
  api: Api,
  app: { readonly guid: string; readonly name: string },
  packageGuid: string,
  options: StageOptions,
): Promise<Staged> {
  const printer = await StagingLogPrinter.open(api, app.guid, options);
  const created = await api.staging.createBuild(packageGuid);
  const build = await untilBuilt(api, created, printer, options.signal);
  await printer.printNew();
  if (build.state === 'FAILED' || build.droplet === null) {
    const reason = build.error ?? 'it ended without a droplet.';
    const older = olderText(await stillServes(api, app.guid));
    throw new SprueError('STAGING_FAILED', { app: app.name, reason, older });
  }
  const droplet = await api.staging.droplet(build.droplet.guid);
  const names = droplet.buildpacks.map(({ name, detect_output }) => detect_output || name);
  return { dropletGuid: droplet.guid, buildpacks: names };
}

/** The platform limits the time of a build; there is no second limit here. */
async function untilBuilt(
  api: Api,
  created: Build,
  printer: StagingLogPrinter,
  signal: AbortSignal,
): Promise<Build> {
  let nextLogMs = 0;
  const built = await pollPatiently(
    async () => {
      const build = await api.staging.build(created.guid);
      if (build.state !== 'STAGING') return build;
      if (performance.now() >= nextLogMs) {
        await printer.printNew();
        nextLogMs = performance.now() + LOG_INTERVAL_MS;
      }
      return undefined;
    },
    { intervalMs: INTERVAL_MS, timeoutMs: Number.POSITIVE_INFINITY, signal },
  );
  return built ?? created;
}

/** Prints the lines with source STG that are written from now on. */
class StagingLogPrinter {
  readonly #api: Api;
  readonly #appGuid: string;
  readonly #options: StageOptions;
  readonly #merger: LogMerger;

  private constructor(api: Api, appGuid: string, options: StageOptions, afterNs: bigint) {
    this.#api = api;
    this.#appGuid = appGuid;
    this.#options = options;
    this.#merger = new LogMerger(afterNs);
  }

  /** What is newest now is found in the log itself: the platform's clock may differ from ours. */
  static async open(api: Api, appGuid: string, options: StageOptions): Promise<StagingLogPrinter> {
    const [newest] = await api.logs.read(appGuid, { limit: 1, newest: true });
    return new StagingLogPrinter(api, appGuid, options, newest?.timestampNs ?? 0n);
  }

  async printNew(): Promise<void> {
    const startNs = this.#merger.newestNs - LOG_OVERLAP_NS;
    const { signal } = this.#options;
    const lines = await this.#api.logs.read(this.#appGuid, {
      ...(startNs > 0n && { startNs }),
      limit: LOG_LIMIT,
      signal,
    });
    for (const line of this.#merger.add(lines)) {
      if (line.source === 'STG') this.#options.print(foreignText(line.text));
    }
  }
}
