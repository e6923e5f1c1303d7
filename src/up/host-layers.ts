import { parseIpv4, parsePort } from '../core/address.ts';
import { SprueError } from '../core/errors.ts';
import { type Log, silentLog } from '../core/log.ts';
import { createHostLayers, type HostLayers } from '../roles/host-layers.ts';
import { containerNameservers } from '../roles/nameservers.ts';
import { type PlatformRecord, readPlatformRecord } from './platform-record.ts';
import { type StateDir, stateDir } from './state-dir.ts';

/** The layers of this machine: `up` uses them, `down` removes all they made. */
export function hostLayers(dir: StateDir, record: PlatformRecord, log: Log): HostLayers {
  const options = {
    stateDir: dir.root,
    address: parseIpv4(record.address),
    nameservers: containerNameservers().map(parseIpv4),
    routerPorts: [parsePort(record.httpPort)],
  };
  return createHostLayers(options, log);
}

/** The layers of the platform in a state directory, for looking at them. @throws SprueError `PLATFORM_NOT_HERE` */
export async function localHostLayers(root: string): Promise<HostLayers> {
  const dir = stateDir(root);
  const record = await readPlatformRecord(dir);
  if (record === undefined) throw new SprueError('PLATFORM_NOT_HERE', { stateDir: root });
  return hostLayers(dir, record, silentLog);
}
