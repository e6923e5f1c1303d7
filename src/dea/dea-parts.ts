import { join } from 'node:path';
import { systemClock } from '../core/clock.ts';
import { listTcpListenersOf } from '../exec/listeners.ts';
import type { Actual } from '../proto/bucket-values.ts';
import type { DeaOptions } from './dea-options.ts';
import { TIMINGS } from './dea-options.ts';
import { DropletCache } from './droplet/droplet-cache.ts';
import type { InstanceHost } from './instance/instance-host.ts';
import { InstanceRecords } from './instance/instance-record.ts';
import { Slots } from './instance/slots.ts';
import { KeyedWriter } from './keyed-writer.ts';
import { InstanceLogs } from './logs/instance-logs.ts';
import { LogPublisher } from './logs/log-publisher.ts';
import type { RouteAnnouncer } from './routes/route-announcer.ts';
import { Stager } from './staging/stager.ts';
import type { TaskStager } from './staging-runner.ts';
import type { Stores } from './stores.ts';
import { untilConnected } from './until-connected.ts';

/** What a running DEA consists of, below the instances. */
export interface DeaParts {
  readonly host: InstanceHost;
  readonly actual: KeyedWriter<Actual>;
  readonly records: InstanceRecords;
  readonly logs: InstanceLogs;
  readonly droplets: DropletCache;
  readonly stager: TaskStager;
}

export interface DeaPartsContext {
  readonly stores: Stores;
  readonly routes: RouteAnnouncer;
  /** Aborted when nobody waits for NATS any more. */
  readonly closing: AbortSignal;
}

/** Containers that are made or destroyed at the same time. */
const PARALLEL_WORK = 8;

/** Opens what a DEA keeps on disk and wires it to the stores. */
export async function openParts(options: DeaOptions, context: DeaPartsContext): Promise<DeaParts> {
  const { bus, stateDir, warden, hostnet, deaId, container, log, clock = systemClock } = options;
  const { stores, routes, closing } = context;
  const folder = (name: string): string => join(stateDir, 'dea', name);
  const actual = new KeyedWriter<Actual>({
    bucket: stores.actual,
    ready: signal => untilConnected(bus, signal),
    log,
  });
  const ready = () => untilConnected(bus, closing);
  const publisher = new LogPublisher({ stream: stores.logs, ready, clock });
  const logPath = warden.logPath.bind(warden);
  const logs = await InstanceLogs.open({ publisher, logPath, folder: folder('logs'), clock, log });
  const records = await InstanceRecords.open(folder('instances'));
  const droplets = await DropletCache.open(folder('droplets'), stores.droplets);
  const host: InstanceHost = {
    ...{ deaId, hostnet, warden, droplets, routes, logs, records, actual, container, clock, log },
    listening: listTcpListenersOf,
    slots: new Slots(PARALLEL_WORK),
    timings: { ...TIMINGS, ...options.timings },
  };
  const stager =
    options.stager ??
    new Stager({
      ...{ stateDir, hostnet, warden, container, log },
      packages: stores.packages,
      droplets: stores.droplets,
      storeLog: (appGuid, lines) => publisher.store(appGuid, lines),
    });
  return { host, actual, records, logs, droplets, stager };
}
