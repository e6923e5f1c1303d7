import { formatBytes } from '../../core/size.ts';
import type { InstanceStats } from '../../proto/v3/process-stats.ts';
import { formatAge } from './duration.ts';
import type { Output } from './output.ts';
import type { Style } from './style.ts';
import type { Column } from './table.ts';

const COLUMNS: readonly Column[] = [
  { title: '#', align: 'right' },
  { title: 'STATE' },
  { title: 'SINCE', align: 'right' },
  { title: 'CPU', align: 'right' },
  { title: 'MEMORY', align: 'right' },
  { title: 'DISK', align: 'right' },
  { title: 'HOST PORT → CONTAINER' },
  { title: 'DETAILS', shrink: true },
];

/** Instances of one process: state, use, and the addresses of the last hops. */
export function renderInstances(instances: readonly InstanceStats[], output: Output): void {
  const rows = instances.map(instance => instanceRow(instance, output.style));
  const hasDetails = rows.some(row => row.at(-1) !== '');
  const columns = hasDetails ? COLUMNS : COLUMNS.slice(0, -1);
  output.table(
    columns,
    rows.map(row => row.slice(0, columns.length)),
  );
}

/** `10.0.0.5:61001 → 10.254.0.2:8080` */
export function addressesOf(instance: InstanceStats): string {
  const network = instance.sprue?.network;
  if (network) {
    const { host, host_port, container_ip, container_port } = network;
    return `${host}:${host_port} → ${container_ip}:${container_port}`;
  }
  const [port] = instance.instance_ports ?? [];
  return instance.host && port ? `${instance.host}:${port.external}` : '';
}

export function stateText(state: string, style: Style): string {
  const text = state.toLowerCase();
  if (state === 'RUNNING') return style.good(text);
  if (state === 'CRASHED' || state === 'DOWN') return style.bad(text);
  return style.warn(text);
}

function instanceRow(instance: InstanceStats, style: Style): string[] {
  const { usage, mem_quota, disk_quota } = instance;
  // The first sample of a new instance is still to come: zeros would be a lie.
  const used = 'mem' in usage && usage.mem > 0 ? usage : undefined;
  return [
    String(instance.index),
    stateText(instance.state, style),
    formatAge(instance.uptime),
    used ? `${(used.cpu * 100).toFixed(1)}%` : '',
    used ? `${formatBytes(used.mem)} of ${formatBytes(mem_quota)}` : '',
    used ? `${formatBytes(used.disk)} of ${formatBytes(disk_quota)}` : '',
    instance.state === 'DOWN' ? '' : addressesOf(instance),
    detailsOf(instance),
  ];
}

function detailsOf(instance: InstanceStats): string {
  const problem = instance.sprue?.listen_problem;
  if (problem) return problem.code;
  if (instance.state === 'RUNNING') return instance.routable === false ? 'not yet routable' : '';
  return instance.details ?? instance.sprue?.crash?.reason ?? '';
}
