import { parseIpv4, parsePort } from '../core/address.ts';
import type { Log } from '../core/log.ts';
import { createHostLayers, type HostLayers } from '../roles/host-layers.ts';
import { containerNameservers } from '../roles/nameservers.ts';
import type { PlatformRecord } from './platform-record.ts';
import type { StateDir } from './state-dir.ts';

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
