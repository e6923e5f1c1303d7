import { availableParallelism } from 'node:os';
import type { MetricSources } from './metrics.ts';

/** gorouter's legacy `/varz`, as far as this router counts. */
export function describeVarz(
  router: { readonly index: number; readonly id: string; readonly startedMs: number },
  { proxy, table }: MetricSources,
): object {
  const nowMs = Date.now();
  return {
    type: 'Router',
    index: router.index,
    uuid: router.id,
    start: new Date(router.startedMs).toISOString(),
    uptime: uptime(nowMs - router.startedMs),
    num_cores: availableParallelism(),
    mem: Math.round(process.memoryUsage.rss() / 1024),
    urls: table.uriCount,
    droplets: table.endpointCount,
    requests: proxy.requests,
    bad_requests: proxy.refusedRequests,
    bad_gateways: proxy.endpointFailures,
    responses_2xx: proxy.responses2xx,
    responses_3xx: proxy.responses3xx,
    responses_4xx: proxy.responses4xx,
    responses_5xx: proxy.responses5xx,
    ms_since_last_registry_update: table.lastChangeMs === 0 ? 0 : nowMs - table.lastChangeMs,
  };
}

/** `0d:0h:0m:0s` */
function uptime(durationMs: number): string {
  const total = Math.floor(durationMs / 1000);
  const days = Math.floor(total / 86_400);
  return `${days}d:${Math.floor(total / 3_600) % 24}h:${Math.floor(total / 60) % 60}m:${total % 60}s`;
}
