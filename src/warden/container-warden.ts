import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, realpathSync } from 'node:fs';
import { realpath, rm } from 'node:fs/promises';
import { sep } from 'node:path';
import { SprueError } from '../core/errors.ts';
import { type InstanceId, isGuid } from '../core/ids.ts';
import { KeyedLock } from '../core/keyed-lock.ts';
import type { Log } from '../core/log.ts';
import { Cgroup } from './cgroup.ts';
import { type CgroupHierarchy, findCgroups } from './cgroup-hierarchy.ts';
import { Container } from './container.ts';
import { type WardenFolder, wardenFolder } from './container-folder.ts';
import { createContainer, createWardenFolders } from './create-container.ts';
import { destroyContainer } from './destroy-container.ts';
import { DiskUsage } from './disk-usage.ts';
import { ExitWatch } from './exit-watch.ts';
import { ownTree } from './own-tree.ts';
import { killAll, terminateAll } from './process-signals.ts';
import { Runc } from './runc.ts';
import { startContainer } from './start-container.ts';
import { unlinkedBytes } from './unlinked-files.ts';
import { DEFAULT_UID_BASE, VCAP_GID, VCAP_UID } from './vcap.ts';
import type { ContainerInfo, ContainerSpec, ContainerUsage, ExitStatus, Warden } from './warden.ts';

export interface WardenOptions {
  /** The platform's state directory; the warden keeps everything in `warden/` below it. */
  readonly stateDir: string;
  readonly log: Log;
  /** Host id that root inside a container is mapped to. Default 100000. */
  readonly uidBase?: number;
}

/**
 * The warden of this machine, by runc, conmon and cgroups.
 * @throws SprueError `CGROUPS_MISSING`, `CONTAINER_FOLDER_CLOSED`
 */
export function createWarden(options: WardenOptions): Warden {
  return new ContainerWarden(options);
}

const SIGKILL_TIMEOUT_MS = 2_000;
const PARALLEL_DESTROYS = 8;

class ContainerWarden implements Warden {
  readonly #log: Log;
  readonly #uidBase: number;
  readonly #hierarchy: CgroupHierarchy;
  readonly #cgroupBase: string;
  readonly #folder: WardenFolder;
  readonly #runc: Runc;
  readonly #exits: ExitWatch;
  readonly #diskUsage = new DiskUsage();
  readonly #locks = new KeyedLock<InstanceId>();

  constructor(options: WardenOptions) {
    mkdirSync(options.stateDir, { recursive: true });
    const stateDir = realpathSync(options.stateDir); // runc takes no root behind a link
    this.#log = options.log;
    this.#uidBase = options.uidBase ?? DEFAULT_UID_BASE;
    this.#hierarchy = findCgroups();
    this.#cgroupBase = cgroupBase(stateDir);
    this.#folder = wardenFolder(stateDir);
    createWardenFolders(stateDir, this.#folder);
    this.#runc = new Runc(this.#folder.runc);
    this.#exits = new ExitWatch(this.#folder.exits, id => this.#container(id).isLost());
  }

  create(spec: ContainerSpec): Promise<{ readonly homePath: string }> {
    return this.#locks.run(spec.instanceId, async () => {
      const container = this.#container(spec.instanceId);
      const { swapLimit } = this.#hierarchy;
      if (!container.isComplete())
        createContainer(container, spec, { uidBase: this.#uidBase, swapLimit });
      return { homePath: container.folder.home };
    });
  }

  own(instanceId: InstanceId, hostPath: string): Promise<void> {
    return this.#locks.run(instanceId, async () => {
      const container = this.#container(instanceId);
      const path = await realpath(hostPath);
      const home = await realpath(container.folder.home);
      const isInside = path === home || path.startsWith(home + sep);
      if (!isInside || container.initPid() !== 0)
        throw new SprueError('PATH_OUTSIDE_CONTAINER', { path: hostPath, instance: instanceId });
      await ownTree(path, this.#uidBase + VCAP_UID, this.#uidBase + VCAP_GID);
    });
  }

  start(instanceId: InstanceId): Promise<{ readonly pid: number }> {
    return this.#locks.run(instanceId, async () => {
      const pid = await startContainer(this.#container(instanceId), this.#folder, this.#runc);
      this.#log.debug({ instance: instanceId, pid }, 'container started');
      return { pid };
    });
  }

  async signal(instanceId: InstanceId, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const container = this.#container(instanceId);
    const pid = container.initPid();
    if (signal === 'SIGTERM') terminateAll(container.cgroup, pid);
    else await killAll(container.cgroup, pid, SIGKILL_TIMEOUT_MS);
  }

  async waitForExit(instanceId: InstanceId, signal: AbortSignal): Promise<ExitStatus> {
    const container = this.#container(instanceId);
    if (!container.exists()) throw new SprueError('CONTAINER_MISSING', { instance: instanceId });
    const code = await this.#exits.wait(instanceId, signal);
    return { code, outOfMemory: code !== 0 && container.cgroup.outOfMemoryKills() > 0 };
  }

  logPath(instanceId: InstanceId): string {
    return this.#container(instanceId).folder.log;
  }

  async usage(instanceId: InstanceId): Promise<ContainerUsage | undefined> {
    const { cgroup, folder } = this.#container(instanceId);
    const usage = cgroup.usage();
    if (usage === undefined) return undefined;
    const [named, unlinked] = await Promise.all([
      this.#diskUsage.bytes(folder.private),
      unlinkedBytes(cgroup.processes(), folder.path),
    ]);
    return { ...usage, diskBytes: named + unlinked };
  }

  async list(): Promise<ContainerInfo[]> {
    return this.#containers().map(container => {
      const state = container.state();
      const pid = state === 'running' ? container.initPid() : 0;
      return { instanceId: container.instanceId, state, pid };
    });
  }

  destroy(instanceId: InstanceId): Promise<void> {
    return this.#locks.run(instanceId, async () => {
      const container = this.#container(instanceId);
      if (!container.exists()) return;
      await destroyContainer(container, this.#runc, () => this.#exits.settle(instanceId));
      this.#diskUsage.forget(container.folder.private);
      this.#log.debug({ instance: instanceId }, 'container destroyed');
    });
  }

  async tearDown(): Promise<void> {
    const failures: unknown[] = [];
    const waiting = this.#containers().map(container => container.instanceId);
    const destroyNext = async () => {
      for (let id = waiting.pop(); id !== undefined; id = waiting.pop())
        await this.destroy(id).catch(error => failures.push(error));
    };
    await Promise.all(Array.from({ length: PARALLEL_DESTROYS }, destroyNext));
    if (failures.length > 0)
      throw new AggregateError(failures, 'Not every container could be destroyed.');
    await new Cgroup(this.#hierarchy, this.#cgroupBase).remove();
    await rm(this.#folder.path, { recursive: true, force: true });
  }

  #container(instanceId: InstanceId): Container {
    const cgroups = { hierarchy: this.#hierarchy, base: this.#cgroupBase };
    return new Container(instanceId, this.#folder.container(instanceId), cgroups, this.#runc);
  }

  #containers(): readonly Container[] {
    const names = [this.#folder.path, this.#folder.runc].flatMap(entries).filter(isGuid);
    return [...new Set(names)].map(name => this.#container(name as string as InstanceId));
  }
}

function entries(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** One per state directory, so that two platforms on one machine don't meet. */
function cgroupBase(stateDir: string): string {
  return `/sprue-${createHash('sha256').update(stateDir).digest('hex').slice(0, 8)}`;
}
