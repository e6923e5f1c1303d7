import type { Cidr, Ipv4, Port } from '../core/address.ts';
import type { Log } from '../core/log.ts';
import type { HostNetwork } from '../hostnet/host-network.ts';
import { createHostNetwork } from '../hostnet/kernel-host-network.ts';
import { createWarden } from '../warden/container-warden.ts';
import type { Warden } from '../warden/warden.ts';

/** The two layers that touch a host's kernel. */
export interface HostLayers {
  readonly hostnet: HostNetwork;
  readonly warden: Warden;
}

export interface HostLayersOptions {
  readonly stateDir: string;
  /** Address that routers dial. */
  readonly address: Ipv4;
  readonly nameservers: readonly Ipv4[];
  /** Ports of a router on this same address. */
  readonly routerPorts: readonly Port[];
  /** Who may dial instances besides this machine and the routers that announce themselves. */
  readonly clients?: readonly Cidr[];
}

export function createHostLayers(options: HostLayersOptions, log: Log): HostLayers {
  const { stateDir, address, nameservers, routerPorts, clients = [] } = options;
  return {
    hostnet: createHostNetwork({
      stateDir,
      hostAddress: address,
      nameservers,
      servicePorts: routerPorts,
      clients,
      log: log.child({ part: 'hostnet' }),
    }),
    warden: createWarden({ stateDir, log: log.child({ part: 'warden' }) }),
  };
}
