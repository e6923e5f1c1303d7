import type { Bus } from '../bus/bus.ts';
import type { Log } from '../core/log.ts';
import { DeaCollector } from '../trace/collect/dea-collector.ts';
import { EdgeCollector } from '../trace/collect/edge-collector.ts';
import { HostCollector } from '../trace/collect/host-collector.ts';
import type { HostLayers } from './host-layers.ts';

export interface DeaCollectorParts {
  readonly bus: Bus;
  readonly deaId: string;
  readonly address: string;
  readonly layers: HostLayers;
  readonly log: Log;
}

/** What a DEA's host contributes to traces. */
export function startDeaCollector(parts: DeaCollectorParts): Promise<HostCollector> {
  const { bus, deaId, address, layers } = parts;
  const log = parts.log.child({ part: 'trace' });
  const collector = new DeaCollector({ deaId, address, ...layers, log });
  return HostCollector.start({ bus, agent: deaId, collector, log });
}

/** What an edge contributes to traces. */
export function startEdgeCollector(bus: Bus, edgeId: string, log: Log): Promise<HostCollector> {
  const collector = new EdgeCollector({ edgeId, log });
  return HostCollector.start({ bus, agent: edgeId, collector, log });
}
