import { parseIpv4, parsePort } from '../core/address.ts';
import type { Log } from '../core/log.ts';
import type { HostNetwork } from '../hostnet/host-network.ts';
import { createHostNetwork } from '../hostnet/kernel-host-network.ts';
import { createWarden } from '../warden/container-warden.ts';
import type { Warden } from '../warden/warden.ts';
import { containerNameservers } from './nameservers.ts';
import type { PlatformRecord } from './platform-record.ts';
import type { StateDir } from './state-dir.ts';

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
