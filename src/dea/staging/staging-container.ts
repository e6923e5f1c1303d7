import { parseInstanceId } from '../../core/ids.ts';
import type { Attachment } from '../../hostnet/host-network.ts';
import type { StagingTask } from '../../proto/staging.ts';
import type { ContainerMount, ContainerSpec } from '../../warden/warden.ts';
import { containerEnvironment } from '../container-environment.ts';
import type { ContainerDefaults } from '../instance/instance-host.ts';
import {
  BINARY_BUILDPACK,
  BUILT_IN_BUILDPACKS,
  type BuildpackReference,
} from './buildpack-reference.ts';

/** Where the container sees the driver script and the built-in buildpacks. */
const TOOLBOX = '/opt/sprue';
/** Installers start many processes at once. */
const PIDS = 1024;

export interface StagingHost {
  /** Holds `stage.sh` and `buildpacks/`. */
  readonly toolbox: string;
  /** What every container of the host gets. */
  readonly container: Pick<ContainerDefaults, 'mounts' | 'nameservers'>;
}

/** The buildpacks of a task, or those that are asked in turn when it names none. */
export function candidates(task: StagingTask): readonly BuildpackReference[] {
  const names: readonly string[] =
    task.startCommandKnown === true
      ? [...BUILT_IN_BUILDPACKS, BINARY_BUILDPACK]
      : BUILT_IN_BUILDPACKS;
  return names.map(name => ({ kind: 'built-in', name }));
}

/** The container of one build. It runs `stage.sh`, whose arguments say what to do. */
export function stagingContainer(
  task: StagingTask,
  buildpacks: readonly BuildpackReference[],
  network: Attachment,
  host: StagingHost,
): ContainerSpec {
  const mode = task.buildpacks.length === 0 ? 'detect' : 'given';
  const sources = buildpacks.map(locate);
  return {
    instanceId: parseInstanceId(task.buildGuid),
    netnsPath: network.netnsPath,
    hostname: 'staging',
    args: [
      '/bin/bash',
      `${TOOLBOX}/stage.sh`,
      mode,
      ...sources.flatMap(({ name, source, branch }) => [name, source, branch]),
    ],
    cwd: '/home/vcap',
    env: containerEnvironment(task, {
      home: '/home/vcap',
      vcapApplication: task.vcapApplication,
      platform: { CF_STACK: 'sprue' },
    }),
    memoryMib: task.memoryMib,
    diskMib: task.diskMib,
    pids: PIDS,
    containerIp: network.containerIp,
    nameservers: host.container.nameservers,
    mounts: [
      ...host.container.mounts,
      readOnly(host.toolbox, TOOLBOX),
      ...buildpacks.flatMap((reference, index) =>
        reference.kind === 'folder' ? [readOnly(reference.path, folderMount(index))] : [],
      ),
    ],
  };
}

function locate(reference: BuildpackReference, index: number) {
  const { name } = reference;
  switch (reference.kind) {
    case 'built-in':
      return { name, source: `${TOOLBOX}/buildpacks/${name}`, branch: '' };
    case 'folder':
      return { name, source: folderMount(index), branch: '' };
    case 'git':
      return { name, source: reference.url, branch: reference.branch ?? '' };
    default:
      return reference satisfies never;
  }
}

function folderMount(index: number): string {
  return `/opt/buildpacks/${index}`;
}

function readOnly(source: string, destination: string): ContainerMount {
  return { source, destination, readOnly: true };
}
