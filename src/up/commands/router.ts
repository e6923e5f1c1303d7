import type { Invocation } from '../../cli/command-spec.ts';
import { EXIT } from '../../core/error-table.ts';
import { SprueError } from '../../core/errors.ts';
import { runRouter } from '../../router/main.ts';
import type { RouterViews } from '../../router/trace/router-tracing.ts';

/** Loaded when the first trace asks for pictures: a router is kept small. */
const views: RouterViews = async observation => {
  const { routerViews } = await import('../../trace/collect/router-views.ts');
  return routerViews(observation);
};

export async function run({ options }: Invocation): Promise<number> {
  const configFile = options.text('config');
  if (configFile === undefined)
    throw new SprueError('USAGE', { reason: 'no configuration file', command: 'router' });
  await runRouter({ configFile, views });
  return EXIT.ok;
}
