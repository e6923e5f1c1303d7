import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { addAbortSignal } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ObjectBucket, StoredObject } from '../../bus/object-bucket.ts';
import { systemClock } from '../../core/clock.ts';
import { reasonOf } from '../../core/errors.ts';
import { type Guid, type InstanceId, parseInstanceId } from '../../core/ids.ts';
import type { Log } from '../../core/log.ts';
import { formatBytes, formatMib } from '../../core/size.ts';
import type { HostNetwork } from '../../hostnet/host-network.ts';
import { type LogRecord, timestampNsOf } from '../../proto/log-record.ts';
import type { StagingResult, StagingTask } from '../../proto/staging.ts';
import type { Warden } from '../../warden/warden.ts';
import type { ContainerDefaults } from '../instance/instance-host.ts';
import type { AppLine } from '../logs/line-joiner.ts';
import { LogTail } from '../logs/log-tail.ts';
import type { BuildCache } from './build-cache.ts';
import { type BuildOutcome, explainFailure, readOutcome } from './build-outcome.ts';
import { type BuildpackReference, resolveBuildpack } from './buildpack-reference.ts';
import { runToExit } from './container-run.ts';
import { packDroplet } from './pack-droplet.ts';
import { candidates, stagingContainer } from './staging-container.ts';
import { StagingFailure } from './staging-failure.ts';
import { unzip } from './unzip.ts';

/** What a build needs of the world. */
export interface BuildServices {
  readonly packages: ObjectBucket;
  readonly droplets: ObjectBucket;
  readonly hostnet: HostNetwork;
  readonly warden: Warden;
  /** Stores lines of an app's log, in order; resolves when they are safe. */
  readonly storeLog: (appGuid: Guid, records: readonly LogRecord[]) => Promise<void>;
  readonly log: Log;
  /**
   * What every container of the host gets. The buildpacks expect Sprue's Node at `/opt/node/bin/node`
   * and, when npm does not lie in the host's `/usr`, npm's folder at `/opt/npm`.
   */
  readonly container: Pick<ContainerDefaults, 'mounts' | 'nameservers'>;
  /** The folder in which the operator, and nobody else, puts buildpacks. */
  readonly buildpackFolder: string;
  readonly cache: BuildCache;
  /** See `installToolbox`. */
  readonly toolbox: string;
  /** For this build's files on the host; made and removed by it. */
  readonly workFolder: string;
}

const MAX_ENTRIES = 200_000;
/** The buildpacks' cache folder in `/home/vcap`. */
const CACHE = 'cache';

/** One build, from package to droplet. Disposing it removes all that it has made on this host. */
export class Build implements AsyncDisposable {
  readonly #task: StagingTask;
  readonly #services: BuildServices;
  readonly #signal: AbortSignal;
  readonly #id: InstanceId;

  constructor(task: StagingTask, services: BuildServices, signal: AbortSignal) {
    this.#task = task;
    this.#services = services;
    this.#signal = signal;
    this.#id = parseInstanceId(task.buildGuid);
  }

  async run(): Promise<StagingResult> {
    const buildpacks = this.#resolveBuildpacks();
    await this[Symbol.asyncDispose](); // an earlier agent may have died in the middle of this build
    const zipPath = await this.#download();
    const homePath = await this.#prepareContainer(zipPath, buildpacks);
    await this.#build(homePath, buildpacks);
    const outcome = await readOutcome(homePath);
    const droplet = await this.#upload(homePath, outcome);
    await this.#saveCache(homePath);
    const { buildGuid, deaId } = this.#task;
    return {
      buildGuid,
      deaId,
      state: 'STAGED',
      dropletSizeBytes: droplet.sizeBytes,
      dropletDigest: droplet.digest,
      processTypes: { ...outcome.processTypes },
      buildpacks: outcome.buildpacks.map(buildpack => ({ ...buildpack })),
    };
  }

  /** Goes on past failures, so that one thing that is stuck does not keep the others. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { warden, hostnet, log, workFolder } = this.#services;
    const steps = [
      () => warden.destroy(this.#id),
      () => hostnet.detach(this.#id), // after its processes, which use it
      () => rm(workFolder, { recursive: true, force: true }),
    ];
    for (const step of steps) {
      await step().catch(thrown => log.error({ reason: reasonOf(thrown) }, 'build left something'));
    }
  }

  #resolveBuildpacks(): readonly BuildpackReference[] {
    const { buildpacks } = this.#task;
    if (buildpacks.length === 0) return candidates(this.#task);
    return buildpacks.map(name => resolveBuildpack(name, this.#services.buildpackFolder));
  }

  async #download(): Promise<string> {
    const { workFolder, packages } = this.#services;
    const { packageGuid, diskMib } = this.#task;
    await mkdir(workFolder, { recursive: true, mode: 0o700 });
    const path = join(workFolder, 'package.zip');
    const stored = await packages.info(packageGuid);
    if (stored === undefined) {
      throw new StagingFailure('StagingError', 'the package is not there any more; push again');
    }
    if (stored.sizeBytes > diskMib * 2 ** 20) throw packageTooBig(diskMib);
    await pipeline(await packages.get(packageGuid), createWriteStream(path), {
      signal: this.#signal,
    });
    this.#say(`Downloaded app package (${formatBytes(stored.sizeBytes)})`);
    return path;
  }

  async #prepareContainer(
    zipPath: string,
    buildpacks: readonly BuildpackReference[],
  ): Promise<string> {
    const { warden, hostnet, cache } = this.#services;
    const { appGuid, diskMib } = this.#task;
    const network = await hostnet.attach({ instanceId: this.#id, appGuid, index: 0 });
    const spec = stagingContainer(this.#task, buildpacks, network, this.#services);
    const { homePath } = await warden.create(spec);
    const appPath = join(homePath, 'app');
    await mkdir(appPath);
    await unzip(zipPath, appPath, {
      maxBytes: diskMib * 2 ** 20,
      maxEntries: MAX_ENTRIES,
      signal: this.#signal,
    });
    await rm(zipPath);
    await cache.restore(appGuid, join(homePath, CACHE), {
      maxBytes: cacheBytes(diskMib),
      signal: this.#signal,
    });
    await warden.own(this.#id, homePath);
    return homePath;
  }

  async #build(homePath: string, buildpacks: readonly BuildpackReference[]): Promise<void> {
    const { warden } = this.#services;
    const { memoryMib, diskMib } = this.#task;
    const tail = this.#tail();
    const end = await runToExit(warden, this.#id, { diskMib, tail, signal: this.#signal });
    if (end.kind === 'disk-full') {
      const text = `the build needs more than the app's disk (${formatMib(diskMib)})`;
      throw new StagingFailure('StagingError', text);
    }
    if (end.status.outOfMemory) {
      const text = `the build needs more than its memory (${formatMib(memoryMib)})`;
      throw new StagingFailure('StagingError', text);
    }
    if (end.status.code !== 0) throw await explainFailure(end.status.code, homePath, buildpacks);
  }

  async #upload(homePath: string, outcome: BuildOutcome): Promise<StoredObject> {
    const { droplets, workFolder } = this.#services;
    const { dropletGuid, diskMib } = this.#task;
    const stagingInfo = {
      detected_buildpack: outcome.buildpacks.map(({ name }) => name).join(','),
      start_command: outcome.processTypes['web'] ?? '',
      process_types: outcome.processTypes,
    };
    const maxBytes = diskMib * 2 ** 20;
    const content = { homePath, stagingInfo, workFolder, maxBytes };
    const packed = await packDroplet(content, this.#signal);
    if (packed.sizeBytes > maxBytes) {
      const text = `the droplet (${formatBytes(packed.sizeBytes)}) is bigger than the app's disk`;
      throw new StagingFailure('StagingError', text);
    }
    const archive = addAbortSignal(this.#signal, createReadStream(packed.path));
    const stored = await droplets.put(dropletGuid, archive);
    if (this.#signal.aborted) await droplets.delete(dropletGuid); // nobody waits for it any more
    this.#signal.throwIfAborted();
    this.#say(`Uploaded droplet (${formatBytes(stored.sizeBytes)})`);
    return stored;
  }

  /** The droplet is safe by now, so nothing that goes wrong here matters. */
  async #saveCache(homePath: string): Promise<void> {
    const { cache, workFolder, log } = this.#services;
    try {
      const { appGuid, diskMib } = this.#task;
      const archive = join(workFolder, 'cache.tgz');
      const source = { base: homePath, name: CACHE, archive, maxBytes: cacheBytes(diskMib) };
      await cache.save(appGuid, source, this.#signal);
    } catch (thrown) {
      log.warn({ reason: reasonOf(thrown) }, 'build cache not kept');
    }
  }

  #tail(): LogTail {
    const { warden, log } = this.#services;
    return new LogTail({
      path: warden.logPath(this.#id),
      position: undefined,
      deliver: lines => this.#store(lines),
      save: async () => {}, // a build that was cut off begins anew
      clock: systemClock,
      log,
    });
  }

  /** A line of the platform's own. Not worth waiting for. */
  #say(text: string): void {
    const line = { timestampNs: timestampNsOf(systemClock.now()), type: 'OUT', text } as const;
    this.#store([line]).catch(thrown => {
      this.#services.log.warn({ reason: reasonOf(thrown), text }, 'line of a build was lost');
    });
  }

  #store(lines: readonly AppLine[]): Promise<void> {
    const records = lines.map(line => ({ ...line, source: 'STG', instance: '0' }));
    return this.#services.storeLog(this.#task.appGuid, records);
  }
}

/** Half of the disk: the build itself needs room, too. */
function cacheBytes(diskMib: number): number {
  return (diskMib / 2) * 2 ** 20;
}

function packageTooBig(diskMib: number): StagingFailure {
  const text = `the package is bigger than the app's disk (${formatMib(diskMib)})`;
  return new StagingFailure('StagingError', text);
}
