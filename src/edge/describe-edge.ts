import { hostname } from 'node:os';
import type { Ipv4 } from '../core/address.ts';
import type { EdgeLease } from '../proto/edge.ts';
import type { EdgeOptions } from './edge-options.ts';
import { DEFAULT_PORTS } from './floating-ip/floating-nat.ts';
import type { Placement } from './floating-ip/plan.ts';
import type { NameService } from './name-service.ts';
import type { WatchedRouter } from './router-watch.ts';

export interface EdgeFacts {
  readonly options: Pick<EdgeOptions, 'edgeId' | 'floating'>;
  readonly startedMs: number;
  readonly placements: ReadonlyMap<Ipv4, Placement>;
  readonly routers: readonly WatchedRouter[];
  readonly names: Pick<NameService, 'serial' | 'report'>;
  /** Why it holds no floating IP. */
  readonly problem: string | undefined;
}

/** What an edge says about itself. */
export function describeEdge(facts: EdgeFacts): EdgeLease {
  const { options, startedMs, routers, names } = facts;
  return {
    id: options.edgeId,
    host: hostname(),
    startedMs,
    ...(options.floating && { floating: describeFloating(facts, options.floating) }),
    routers: routers.map(({ health, ...seat }) => ({
      ...seat,
      healthy: health.state === 'up',
      sinceMs: health.sinceMs,
    })),
    serial: names.serial,
    dns: names.report(),
  };
}

function describeFloating(
  { placements, problem }: EdgeFacts,
  floating: NonNullable<EdgeOptions['floating']>,
): NonNullable<EdgeLease['floating']> {
  const { pool, outsideAddress, insideAddress, ports = DEFAULT_PORTS } = floating;
  return {
    pool: [...pool],
    outsideAddress,
    insideAddress,
    ports: [...ports],
    serving: [...placements].map(([address, placement]) => ({ address, ...placement })),
    ...(problem !== undefined && { problem }),
  };
}
