import { parseIpv4, parsePort } from '../core/address.ts';
import { SprueError } from '../core/errors.ts';
import { type Log, silentLog } from '../core/log.ts';
import type { HostNetwork } from '../hostnet/host-network.ts';
import { createHostNetwork } from '../hostnet/kernel-host-network.ts';
import { createWarden } from '../warden/container-warden.ts';
import type { Warden } from '../warden/warden.ts';
import { containerNameservers } from './nameservers.ts';
import { type PlatformRecord, readPlatformRecord } from './platform-record.ts';
import { type StateDir, stateDir } from './state-dir.ts';

/** The two layers that touch this machine's kernel; `up` uses them, `down` removes all they made. */
export interface HostLayers {
  readonly hostnet: HostNetwork;
  readonly warden: Warden;
}

export function hostLayers(dir: StateDir, record: PlatformRecord, log: Log): HostLayers {
  return {
    hostnet: createHostNetwork({
      stateDir: dir.root,
      hostAddress: parseIpv4(record.address),
      nameservers: containerNameservers().map(parseIpv4),
      servicePorts: [parsePort(record.httpPort)],
      log: log.child({ part: 'hostnet' }),
    }),
    warden: createWarden({ stateDir: dir.root, log: log.child({ part: 'warden' }) }),
  };
}

/** The layers of the platform in a state directory, for looking at them. @throws SprueError `PLATFORM_NOT_HERE` */
export async function localHostLayers(root: string): Promise<HostLayers> {
  const dir = stateDir(root);
  const record = await readPlatformRecord(dir);
  if (record === undefined) throw new SprueError('PLATFORM_NOT_HERE', { stateDir: root });
  return hostLayers(dir, record, silentLog);
}
