import { hasCode } from '../core/errors.ts';
import { formatMib } from '../core/size.ts';
import type { App } from '../proto/v3/app.ts';
import type { Droplet } from '../proto/v3/droplet.ts';
import type { Process } from '../proto/v3/process.ts';
import type { InstanceStats } from '../proto/v3/process-stats.ts';
import type { Api } from './api/api.ts';
import type { CliContext } from './context.ts';
import { publicUrl } from './public-url.ts';
import { formatTime } from './render/duration.ts';
import { renderInstances } from './render/instances.ts';
import type { Output } from './render/output.ts';

/** All that is worth knowing of one app. */
export interface AppSummary {
  readonly app: App;
  readonly urls: readonly string[];
  readonly droplet: Droplet | undefined;
  readonly processes: readonly {
    readonly process: Process;
    readonly instances: readonly InstanceStats[];
  }[];
}

export async function loadAppSummary(context: CliContext, guid: string): Promise<AppSummary> {
  const api = await context.api();
  const target = await context.target();
  const [app, processes, routes, droplet] = await Promise.all([
    api.apps.get(guid),
    api.apps.processes(guid),
    api.routes.ofApp(guid),
    currentDroplet(api, guid),
  ]);
  return {
    app,
    urls: routes.map(({ url }) => publicUrl(url, target.api)),
    droplet,
    processes: await Promise.all(
      processes.map(async process => ({ process, instances: await api.apps.stats(process.guid) })),
    ),
  };
}

export function renderAppSummary(summary: AppSummary, output: Output): void {
  const { app, droplet } = summary;
  output.facts([
    ['name', output.style.bold(app.name)],
    ['state', app.state.toLowerCase()],
    ...summary.urls.map(url => ['url', url] as const),
    ['staged', droplet && formatTime(Date.parse(droplet.created_at))],
    ['buildpack', droplet?.buildpacks.map(buildpackText).join(', ')],
  ]);
  for (const { process, instances } of summary.processes) {
    if (process.instances === 0 && process.type !== 'web') continue;
    output.line();
    const up = instances.filter(({ state }) => state === 'RUNNING').length;
    output.facts([
      ['process', `${process.type}   ${up}/${process.instances} running`],
      ['command', process.command ?? undefined],
      [
        'limits',
        `${formatMib(process.memory_in_mb)} memory, ${formatMib(process.disk_in_mb)} disk`,
      ],
      ['health', healthText(process)],
    ]);
    if (instances.length > 0) renderInstances(instances, output);
    renderListenProblem(instances, output);
  }
}

/** Stable shape: see the folder's README. */
export function appSummaryAsJson(summary: AppSummary): object {
  const { app, droplet } = summary;
  return {
    name: app.name,
    guid: app.guid,
    state: app.state,
    created_at: app.created_at,
    updated_at: app.updated_at,
    urls: summary.urls,
    buildpacks: droplet?.buildpacks.map(buildpackText) ?? [],
    processes: summary.processes.map(({ process, instances }) => ({
      type: process.type,
      guid: process.guid,
      command: process.command,
      wanted_instances: process.instances,
      memory_mib: process.memory_in_mb,
      disk_mib: process.disk_in_mb,
      health_check: process.health_check,
      instances: instances.map(instanceAsJson),
    })),
  };
}

function instanceAsJson(instance: InstanceStats): object {
  const { index, state, uptime, routable, details, usage, sprue } = instance;
  return {
    index,
    state,
    uptime_seconds: uptime,
    routable,
    details,
    cpu: 'cpu' in usage ? usage.cpu : null,
    memory_bytes: 'mem' in usage ? usage.mem : null,
    disk_bytes: 'disk' in usage ? usage.disk : null,
    instance_guid: sprue?.instance_guid ?? null,
    network: sprue?.network ?? null,
    crash: sprue?.crash ?? null,
    listen_problem: sprue?.listen_problem ?? null,
  };
}

function renderListenProblem(instances: readonly InstanceStats[], output: Output): void {
  const problem = instances.find(({ sprue }) => sprue?.listen_problem)?.sprue.listen_problem;
  if (!problem) return;
  output.line();
  output.line(`${output.style.bad(problem.code)}: ${problem.text}`);
  output.line(`Fix: ${problem.fix}`);
}

function healthText({ health_check: { type, data } }: Process): string {
  const endpoint = type === 'http' ? ` ${data.endpoint ?? '/'}` : '';
  return `${type}${endpoint}${data.timeout ? `, ready within ${data.timeout} s` : ''}`;
}

function buildpackText({ name, detect_output }: Droplet['buildpacks'][number]): string {
  return detect_output || name;
}

/** A new app has none; that is no error. */
async function currentDroplet(api: Api, guid: string): Promise<Droplet | undefined> {
  try {
    return await api.apps.currentDroplet(guid);
  } catch (thrown) {
    if (hasCode(thrown, 'NO_SUCH') || hasCode(thrown, 'RESOURCE_NOT_FOUND')) return undefined;
    throw thrown;
  }
}
