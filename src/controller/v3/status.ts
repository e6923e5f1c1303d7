import type { FastifyInstance } from 'fastify';
import type { PlatformStatus } from '../../proto/v3/status.ts';
import type { Services } from '../services.ts';

/** Sprue's own addition: how the platform is. */
export function registerStatus(server: FastifyInstance, services: Services): void {
  const { config, bus, store, routers, clock } = services;
  const secondsAgo = (atMs: number) => Math.max(0, Math.round((clock.now() - atMs) / 1000));

  server.get('/sprue/v1/status', () => {
    const apps = store.all('app');
    return {
      domain: config.domain,
      api: config.apiUrl,
      nats: { connected: bus.connected },
      deas: deas(services, secondsAgo),
      routers: routers.live().map(({ id, host, port, seenMs }) => ({
        id,
        host,
        port,
        seen_seconds_ago: secondsAgo(seenMs),
      })),
      counts: {
        apps: apps.length,
        started_apps: apps.filter(app => app.state === 'STARTED').length,
        routes: store.count('route'),
        ...instanceCounts(services),
      },
      memory: { resident_mib: Math.round(process.memoryUsage.rss() / 2 ** 20) },
    } satisfies PlatformStatus;
  });
}

function deas({ fleet }: Services, secondsAgo: (atMs: number) => number): PlatformStatus['deas'] {
  return fleet.deas.live().map(dea => {
    const reserved = fleet.reservedOn(dea.id);
    return {
      id: dea.id,
      address: dea.address,
      memory_mib: dea.memoryMib,
      memory_reserved_mib: reserved.memoryMib,
      instances: reserved.instances,
      buildpacks: dea.buildpacks,
      version: dea.version,
      seen_seconds_ago: secondsAgo(fleet.deas.seenMs(dea.id)),
    };
  });
}

function instanceCounts({ fleet }: Services) {
  let running = 0;
  let crashed = 0;
  let desired = 0;
  for (const [, value] of fleet.desired.entries()) if ('processGuid' in value) desired++;
  for (const [, value] of fleet.actual.entries()) {
    if (!('processGuid' in value)) continue;
    if (value.state === 'RUNNING') running++;
    if (value.state === 'CRASHED') crashed++;
  }
  return { desired_instances: desired, running_instances: running, crashed_instances: crashed };
}
