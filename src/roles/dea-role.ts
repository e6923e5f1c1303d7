import { z } from 'zod';
import type { Bus } from '../bus/bus.ts';
import type { Cidr, Ipv4, Port } from '../core/address.ts';
import { SprueError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { sprueVersion } from '../core/version.ts';
import { Dea } from '../dea/dea.ts';
import { containerDefaults, diskCapacityMib, memoryCapacityMib } from './container-defaults.ts';
import { startDeaCollector } from './host-collectors.ts';
import { createHostLayers, type HostLayers } from './host-layers.ts';
import { containerNameservers } from './nameservers.ts';
import { cidr, commonShape, ipv4, portNumber, roleId, sizeMib } from './role-config.ts';
import { runRole } from './run-role.ts';

/** `sprue dea --config FILE` */
export const deaConfigSchema = z.strictObject({
  ...commonShape,
  /** Names this host on the bus, for ever: what it should run is addressed to it. */
  id: roleId,
  /** Address of this host that routers dial. */
  address: ipv4,
  /** Memory that instances may be promised in all. Default: this machine's, less what it needs itself. */
  memory: sizeMib.optional(),
  /** Disk likewise. Default: what is free below `state_dir`. */
  disk: sizeMib.optional(),
  /** Name servers of containers. Default: this machine's. */
  nameservers: z.array(ipv4).optional(),
  /** Who may dial instances besides the routers that announce themselves. */
  clients: z.array(cidr).default([]),
  /** Ports of a router on this same address, which containers may reach. */
  router_ports: z.array(portNumber).default([]),
});
export type DeaConfig = z.infer<typeof deaConfigSchema>;

export interface DeaParts {
  readonly bus: Bus;
  readonly deaId: string;
  readonly address: Ipv4;
  readonly stateDir: string;
  readonly layers: HostLayers;
  readonly nameservers: readonly string[];
  readonly memoryMib?: number | undefined;
  readonly diskMib?: number | undefined;
  readonly log: Log;
  readonly signal?: AbortSignal;
}

/** A DEA and its host's part of traces. */
export interface RunningDea {
  /** Ends them; apps go on. */
  leave(): Promise<void>;
}

/** Composition of the DEA; `sprue up` uses it too. */
export async function startDea(parts: DeaParts): Promise<RunningDea> {
  const { bus, deaId, address, stateDir, layers, nameservers, log, signal } = parts;
  await layers.hostnet.setUp();
  const collector = await startDeaCollector({ bus, deaId, address, layers, log });
  const dea = await Dea.start({
    ...{ deaId, address, stateDir, bus, ...layers },
    capacity: {
      memoryMib: parts.memoryMib ?? memoryCapacityMib(),
      diskMib: parts.diskMib ?? (await diskCapacityMib(stateDir)),
    },
    container: containerDefaults(nameservers),
    version: sprueVersion(),
    log: log.child({ part: 'dea' }),
    ...(signal && { signal }),
  });
  return {
    async leave() {
      await Promise.all([collector.stop(), dea.stop({ leaveAppsRunning: true })]);
    },
  };
}

/** Runs until it is told to end. Apps go on; the next start adopts them. @throws SprueError `NOT_ROOT` */
export function runDea(config: DeaConfig): Promise<void> {
  if (process.getuid?.() !== 0) throw new SprueError('NOT_ROOT');
  const nameservers = config.nameservers ?? containerNameservers();
  return runRole({
    name: 'dea',
    settings: config,
    async start({ bus, log, signal, resources }) {
      const layers = createHostLayers(deaHost(config, nameservers), log);
      const dea = await startDea({
        ...{ bus, layers, nameservers, log, signal },
        deaId: config.id,
        address: config.address,
        stateDir: config.state_dir,
        memoryMib: config.memory,
        diskMib: config.disk,
      });
      resources.defer(() => dea.leave());
    },
  });
}

function deaHost(config: DeaConfig, nameservers: readonly string[]) {
  return {
    stateDir: config.state_dir,
    address: config.address,
    nameservers: nameservers as readonly Ipv4[],
    routerPorts: config.router_ports as readonly number[] as readonly Port[],
    clients: config.clients as readonly Cidr[],
  };
}
