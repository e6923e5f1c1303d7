import { EXIT } from '../../core/error-table.ts';
import { formatMib } from '../../core/size.ts';
import type { PlatformStatus } from '../../proto/v3/status.ts';
import type { Invocation } from '../command-spec.ts';
import type { Output } from '../render/output.ts';

/** Seconds after which a host or router that was not heard counts as gone. */
const SILENT_SECONDS = 30;

/** Exit code 6 when something is wrong, so that scripts can ask. */
export async function run({ context }: Invocation): Promise<number> {
  const api = await context.api();
  const status = await api.spaces.status();
  const problems = problemsOf(status);
  if (context.output.json)
    context.output.value({ well: problems.length === 0, problems, ...status });
  else render(status, problems, context.output);
  return problems.length === 0 ? EXIT.ok : EXIT.unhealthy;
}

/** What is wrong with the platform, in sentences. */
function problemsOf({ nats, deas, routers, counts }: PlatformStatus): readonly string[] {
  const silent = (seconds: number): boolean => seconds > SILENT_SECONDS;
  const missing = counts.desired_instances - counts.running_instances;
  return [
    ...(nats.connected ? [] : ['The controller has lost NATS.']),
    ...(deas.length > 0 ? [] : ['No DEA host is there: nothing can run.']),
    ...deas
      .filter(dea => silent(dea.seen_seconds_ago))
      .map(dea => `DEA ${dea.id} was last heard ${dea.seen_seconds_ago} s ago.`),
    ...(routers.length > 0 ? [] : ['No router is there: no URL answers.']),
    ...routers
      .filter(router => silent(router.seen_seconds_ago))
      .map(router => `Router ${router.id} was last heard ${router.seen_seconds_ago} s ago.`),
    ...(missing > 0 ? [`${missing} of ${counts.desired_instances} instances do not run.`] : []),
  ];
}

function render(status: PlatformStatus, problems: readonly string[], output: Output): void {
  const { counts } = status;
  const { style } = output;
  output.facts([
    ['platform', problems.length === 0 ? style.good('well') : style.bad('not well')],
    ['domain', status.domain],
    ['api', status.api],
    ['apps', `${counts.started_apps} started of ${counts.apps}`],
    ['instances', `${counts.running_instances} running of ${counts.desired_instances}`],
    ['routes', String(counts.routes)],
  ]);
  output.line();
  output.table(
    [
      { title: 'DEA' },
      { title: 'ADDRESS' },
      { title: 'INSTANCES', align: 'right' },
      { title: 'MEMORY PROMISED', align: 'right' },
      { title: 'SEEN', align: 'right' },
    ],
    status.deas.map(dea => [
      dea.id,
      dea.address,
      String(dea.instances),
      `${formatMib(dea.memory_reserved_mib)} of ${formatMib(dea.memory_mib)}`,
      `${dea.seen_seconds_ago} s ago`,
    ]),
  );
  output.line();
  output.table(
    [{ title: 'ROUTER' }, { title: 'ADDRESS' }, { title: 'SEEN', align: 'right' }],
    status.routers.map(router => [
      router.id,
      `${router.host}:${router.port}`,
      `${router.seen_seconds_ago} s ago`,
    ]),
  );
  if (problems.length > 0) output.line();
  for (const problem of problems) output.line(`${style.bad('✗')} ${problem}`);
}
