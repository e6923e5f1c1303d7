import { EXIT } from '../../core/error-table.ts';
import { formatMib } from '../../core/size.ts';
import type { App } from '../../proto/v3/app.ts';
import type { Process } from '../../proto/v3/process.ts';
import type { Route } from '../../proto/v3/route.ts';
import type { Invocation } from '../command-spec.ts';
import { publicUrl } from '../public-url.ts';

export async function run({ options, context }: Invocation): Promise<number> {
  const { output } = context;
  const api = await context.api();
  const { spaceGuid, org, space } = await context.place();
  const apps = await api.apps.list(spaceGuid);
  if (options.flag('quiet')) {
    for (const app of apps) output.line(app.name);
    return EXIT.ok;
  }
  const [processes, routes] = await Promise.all([
    api.apps.processesOfSpace(spaceGuid),
    api.routes.ofSpace(spaceGuid),
  ]);
  const target = await context.target();
  const rows = apps.map(app => appRow(app, processes, routes, target.api));
  if (output.json) {
    output.value(rows);
    return EXIT.ok;
  }
  if (rows.length === 0) {
    output.note(`There is no app in ${org} / ${space} yet. \`sprue push\` makes one.`);
    return EXIT.ok;
  }
  output.table(
    [
      { title: 'NAME' },
      { title: 'STATE' },
      { title: 'PROCESSES' },
      { title: 'MEMORY', align: 'right' },
      { title: 'URLS', shrink: true },
    ],
    rows.map(row => [
      row.name,
      row.state.toLowerCase(),
      row.processes.map(({ type, running, wanted }) => `${type}:${running}/${wanted}`).join(', '),
      row.processes.map(({ memory_mib }) => formatMib(memory_mib)).join(', '),
      row.urls.join(', '),
    ]),
  );
  return EXIT.ok;
}

interface AppRow {
  readonly name: string;
  readonly guid: string;
  readonly state: App['state'];
  readonly urls: readonly string[];
  readonly processes: readonly {
    readonly type: string;
    readonly running: number;
    readonly wanted: number;
    readonly memory_mib: number;
  }[];
}

function appRow(
  app: App,
  processes: readonly Process[],
  routes: readonly Route[],
  api: string,
): AppRow {
  const own = processes.filter(({ relationships }) => relationships.app.data?.guid === app.guid);
  return {
    name: app.name,
    guid: app.guid,
    state: app.state,
    urls: routes
      .filter(({ destinations }) => destinations.some(item => item.app.guid === app.guid))
      .map(({ url }) => publicUrl(url, api)),
    processes: own
      .filter(({ type, instances }) => type === 'web' || instances > 0)
      .map(({ type, instances, memory_in_mb, process_instances = [] }) => ({
        type,
        running: process_instances.filter(({ state }) => state === 'RUNNING').length,
        wanted: instances,
        memory_mib: memory_in_mb,
      })),
  };
}
