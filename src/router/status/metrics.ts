import type { RegistrarCounters } from '../registrar.ts';
import type { RouteTable } from '../table/route-table.ts';
import type { ProxyCounters } from '../wire/proxy-counters.ts';

export interface MetricSources {
  readonly proxy: ProxyCounters;
  readonly registrar: RegistrarCounters;
  readonly table: RouteTable;
  readonly pruned: () => number;
  readonly accessLogDropped: () => number;
}

type Metric = readonly [
  name: string,
  kind: 'counter' | 'gauge',
  help: string,
  value: (from: MetricSources) => number,
];

/** gorouter's names where gorouter has the metric; `sprue_` where it has not. */
const METRICS: readonly Metric[] = [
  ['total_requests', 'counter', 'Requests received', ({ proxy }) => proxy.requests],
  ['responses{status_group="2xx"}', 'counter', 'Responses', ({ proxy }) => proxy.responses2xx],
  ['responses{status_group="3xx"}', 'counter', 'Responses', ({ proxy }) => proxy.responses3xx],
  ['responses{status_group="4xx"}', 'counter', 'Responses', ({ proxy }) => proxy.responses4xx],
  ['responses{status_group="5xx"}', 'counter', 'Responses', ({ proxy }) => proxy.responses5xx],
  ['rejected_requests', 'counter', 'Requests refused', ({ proxy }) => proxy.refusedRequests],
  ['bad_gateways', 'counter', 'Failures of endpoints', ({ proxy }) => proxy.endpointFailures],
  ['websocket_upgrades', 'counter', 'WebSockets opened', ({ proxy }) => proxy.websocketUpgrades],
  [
    'websocket_failures',
    'counter',
    'WebSockets not opened',
    ({ proxy }) => proxy.websocketFailures,
  ],
  ['registry_message', 'counter', 'Registrations', ({ registrar }) => registrar.registered],
  ['unregistry_message', 'counter', 'Unregistrations', ({ registrar }) => registrar.unregistered],
  ['routes_pruned', 'counter', 'Stale endpoints dropped', ({ pruned }) => pruned()],
  ['total_routes', 'gauge', 'Routes known', ({ table }) => table.uriCount],
  ['ms_since_last_registry_update', 'gauge', 'Age of the last change', msSinceLastChange],
  ['sprue_endpoints', 'gauge', 'Endpoints known', ({ table }) => table.endpointCount],
  ['sprue_invalid_messages', 'counter', 'Messages refused', ({ registrar }) => registrar.invalid],
  ['sprue_retries', 'counter', 'Attempts after the first', ({ proxy }) => proxy.retries],
  ['sprue_client_aborts', 'counter', 'Clients that left', ({ proxy }) => proxy.clientAborts],
  ['sprue_client_connections', 'gauge', 'Now open', ({ proxy }) => proxy.clientConnections],
  ['sprue_endpoint_connections', 'gauge', 'Now open', ({ proxy }) => proxy.endpointConnections],
  ['sprue_access_log_dropped', 'counter', 'Lines lost', from => from.accessLogDropped()],
  ['process_resident_memory_bytes', 'gauge', 'Resident memory', () => process.memoryUsage.rss()],
];

/** Prometheus text format 0.0.4. */
export function renderMetrics(from: MetricSources): string {
  let text = '';
  let previous = '';
  for (const [name, kind, help, value] of METRICS) {
    const family = name.split('{')[0] ?? name;
    if (family !== previous) text += `# HELP ${family} ${help}.\n# TYPE ${family} ${kind}\n`;
    text += `${name} ${value(from)}\n`;
    previous = family;
  }
  return text;
}

function msSinceLastChange({ table }: MetricSources): number {
  return table.lastChangeMs === 0 ? 0 : Date.now() - table.lastChangeMs;
}
