import { EXIT } from '../../core/error-table.ts';
import { formatMib } from '../../core/size.ts';
import type { InstancePlacement, InstanceStats } from '../../proto/v3/process-stats.ts';
import type { AppSummary } from '../app-summary.ts';
import { stateText } from './instances.ts';
import type { Output } from './output.ts';
import type { Column } from './table.ts';

const COLUMNS: readonly Column[] = [
  { title: '#', align: 'right' },
  { title: 'STATE' },
  { title: 'HOST' },
  { title: 'ADDRESS' },
  { title: 'BECAUSE' },
  { title: 'NOT ON', shrink: true },
];

/** Why each instance is where it is. @returns the exit code */
export function showPlacement(summary: AppSummary, output: Output): number {
  if (output.json) output.value(asJson(summary));
  else renderPlacement(summary, output);
  return EXIT.ok;
}

function renderPlacement({ processes }: AppSummary, output: Output): void {
  for (const [position, { process, instances }] of processes.entries()) {
    if (instances.length === 0) continue;
    if (position > 0) output.line();
    const hosts = new Set(instances.flatMap(({ sprue }) => sprue?.dea ?? []));
    output.facts([['process', `${process.type}, on ${count(hosts.size, 'host')}`]]);
    output.table(
      COLUMNS,
      instances.map(instance => [
        String(instance.index),
        stateText(instance.state, output.style),
        instance.sprue?.dea ?? '',
        instance.host ?? '',
        instance.sprue?.placement?.because ?? instance.details ?? '',
        rejected(instance.sprue?.placement),
      ]),
    );
  }
}

/** `dea-2 (1 there, 3.8G free)` */
function rejected(placement: InstancePlacement | null | undefined): string {
  return (placement?.hosts ?? [])
    .filter(({ dea }) => dea !== placement?.dea)
    .map(({ dea, free_mib, siblings }) => `${dea} (${siblings} there, ${formatMib(free_mib)} free)`)
    .join(', ');
}

/** Stable shape: see the folder's README. */
function asJson({ app, processes }: AppSummary): object {
  return {
    name: app.name,
    guid: app.guid,
    processes: processes.map(({ process, instances }) => ({
      type: process.type,
      instances: instances.map(instanceAsJson),
    })),
  };
}

function instanceAsJson({ index, state, host, details, sprue }: InstanceStats): object {
  return {
    index,
    state,
    dea: sprue?.dea ?? null,
    address: host,
    because: sprue?.placement?.because ?? null,
    hosts: sprue?.placement?.hosts ?? [],
    details,
  };
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? '' : 's'}`;
}
