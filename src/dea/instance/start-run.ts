import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parsePort } from '../../core/address.ts';
import { hasCode, reasonOf, SprueError } from '../../core/errors.ts';
import type { InstanceId } from '../../core/ids.ts';
import { formatBytes } from '../../core/size.ts';
import type { Attachment } from '../../hostnet/host-network.ts';
import type { DesiredInstance } from '../../proto/desired-instance.ts';
import type { ContainerSpec } from '../../warden/warden.ts';
import { unpackDroplet } from '../droplet/unpack-droplet.ts';
import { appEnvironment } from './environment.ts';
import type { InstanceHost } from './instance-host.ts';
import { launchCommand } from './launch-command.ts';
import { isMapped, type Run } from './run.ts';

export interface StartOptions {
  readonly signal: AbortSignal;
  /** The address is known from here on. */
  readonly onAttached: (attachment: Attachment) => void;
}

/**
 * Makes everything that one run needs and starts its process: network beside download, container,
 * files, process. Leaves nothing behind when a step fails.
 */
export async function startRun(
  desired: DesiredInstance,
  instanceId: InstanceId,
  host: InstanceHost,
  options: StartOptions,
): Promise<Run> {
  const { hostnet, warden, logs, deaId } = host;
  const { signal } = options;
  signal.throwIfAborted();
  const downloaded = host.droplets.get(desired.dropletGuid);
  downloaded.catch(() => {}); // met again below
  logs.say(desired, `Cell ${deaId} creating container for instance ${instanceId}`);
  const attachment = await hostnet.attach({
    instanceId,
    appGuid: desired.appGuid,
    index: desired.index,
    containerPort: parsePort(desired.appPort),
  });
  try {
    if (!isMapped(attachment)) throw new SprueError('INTERNAL', { reason: 'no host port' });
    options.onAttached(attachment);
    signal.throwIfAborted();
    const { homePath } = await warden.create(
      containerSpec(desired, { instanceId, attachment, pid: 0 }, host),
    );
    signal.throwIfAborted();
    const droplet = await downloaded;
    await fillHome(desired, droplet.path, homePath, host, signal);
    await warden.own(instanceId, homePath);
    signal.throwIfAborted();
    const { pid } = await warden.start(instanceId);
    const size = formatBytes(droplet.sizeBytes);
    logs.say(desired, `Cell ${deaId} successfully created container from droplet (${size})`);
    return { instanceId, attachment, pid };
  } catch (thrown) {
    await undo(attachment, host);
    throw thrown;
  }
}

function containerSpec(desired: DesiredInstance, run: Run, host: InstanceHost): ContainerSpec {
  const { instanceId, attachment } = run;
  const { hostAddress, hostPort, containerPort } = attachment.mapping;
  return {
    instanceId,
    netnsPath: attachment.netnsPath,
    hostname: instanceId,
    args: launchCommand(desired.startCommand),
    cwd: '/home/vcap',
    env: appEnvironment(desired, {
      instanceId,
      startedMs: host.clock.now(),
      outside: { host: hostAddress, port: hostPort },
      containerIp: attachment.containerIp,
      containerPort,
    }),
    memoryMib: desired.memoryMib,
    diskMib: desired.diskMib,
    containerIp: attachment.containerIp,
    ...host.container,
  };
}

async function fillHome(
  desired: DesiredInstance,
  droplet: string,
  homePath: string,
  host: InstanceHost,
  signal: AbortSignal,
): Promise<void> {
  try {
    await unpackDroplet(droplet, homePath, { maxBytes: desired.diskMib * 2 ** 20, signal });
  } catch (thrown) {
    // A file that was damaged on this host's disk is downloaded anew by the next try.
    if (hasCode(thrown, 'DROPLET_INVALID')) await host.droplets.evict(desired.dropletGuid);
    throw thrown;
  }
  for (const folder of ['app', 'tmp']) await mkdir(join(homePath, folder), { recursive: true });
}

/** No router has ever heard of the port, so it may be used again at once. */
async function undo(
  { instanceId, mapping }: Attachment,
  { warden, hostnet, log }: InstanceHost,
): Promise<void> {
  for (const step of [() => warden.destroy(instanceId), () => hostnet.detach(instanceId)]) {
    await step().catch(thrown => {
      log.error({ instance: instanceId, reason: reasonOf(thrown) }, 'undoing a start failed');
    });
  }
  if (mapping !== undefined) hostnet.freePort(mapping.hostPort);
}
