import { existsSync, readFileSync } from 'node:fs';
import type { InstanceId } from '../core/ids.ts';
import { Cgroup } from './cgroup.ts';
import type { CgroupHierarchy } from './cgroup-hierarchy.ts';
import { isConmonOf } from './conmon.ts';
import type { ContainerFolder } from './container-folder.ts';
import type { Runc } from './runc.ts';
import type { ContainerState } from './warden.ts';

/** One container as files and the kernel show it; holds nothing that a restart would lose. */
export class Container {
  readonly instanceId: InstanceId;
  readonly folder: ContainerFolder;
  readonly cgroup: Cgroup;
  readonly cgroupsPath: string;
  readonly #runc: Runc;

  constructor(
    instanceId: InstanceId,
    folder: ContainerFolder,
    cgroups: { readonly hierarchy: CgroupHierarchy; readonly base: string },
    runc: Runc,
  ) {
    this.instanceId = instanceId;
    this.folder = folder;
    this.cgroupsPath = `${cgroups.base}/${instanceId}`;
    this.cgroup = new Cgroup(cgroups.hierarchy, this.cgroupsPath);
    this.#runc = runc;
  }

  /** runc's state counts too: a conmon that outlived its agent may make it after the folder has gone. */
  exists(): boolean {
    return existsSync(this.folder.path) || existsSync(this.folder.runcState);
  }

  /** Whether `create` came to its end. */
  isComplete(): boolean {
    return existsSync(this.folder.config);
  }

  state(): ContainerState {
    if (existsSync(this.folder.exitFile)) return 'exited';
    if (this.isAlive())
      return this.#runc.isWaitingForStart(this.instanceId) ? 'created' : 'running';
    const wasMade = this.initPid() !== 0;
    return wasMade ? 'exited' : 'created';
  }

  /** Whether its first process lives. The cgroup tells it from a process with a reused number. */
  isAlive(): boolean {
    const pid = this.initPid();
    return pid !== 0 && this.cgroup.processes().includes(pid);
  }

  /** It has ended and there is nobody who would write its exit file. */
  isLost(): boolean {
    const hasEnded = this.cgroup.processes().length === 0;
    return hasEnded && !this.hasConmon() && this.initPid() !== 0;
  }

  hasConmon(): boolean {
    const pid = this.conmonPid();
    return pid !== 0 && isConmonOf(pid, this.instanceId);
  }

  /** Host pid of its first process, living or not; 0 before there was one. */
  initPid(): number {
    return readPid(this.folder.pidFile);
  }

  conmonPid(): number {
    return readPid(this.folder.conmonPidFile);
  }
}

function readPid(file: string): number {
  try {
    return Number.parseInt(readFileSync(file, 'utf8'), 10) || 0;
  } catch {
    return 0;
  }
}
