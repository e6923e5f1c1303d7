import { EXIT } from '../../core/error-table.ts';
import { awaitJob } from '../await-job.ts';
import type { Invocation } from '../command-spec.ts';
import { routeKeyOf } from '../find-route.ts';

export async function run({ args, options, context }: Invocation): Promise<number> {
  const { output, signal } = context;
  const api = await context.api();
  const route = await api.routes.find(await routeKeyOf(context, args[0] ?? '', options));
  if (route === undefined) {
    output.note(`There is no route ${args[0]}: nothing to delete.`);
    return EXIT.ok;
  }
  const apps = route.destinations.length;
  const what = `delete ${route.url}${apps === 0 ? '' : `, which leads to ${apps} app${apps > 1 ? 's' : ''}`}`;
  if (!options.flag('force') && !(await context.confirm(what))) {
    output.note('Nothing was deleted.');
    return EXIT.failed;
  }
  await awaitJob(api, await api.routes.delete(route.guid), signal);
  output.note(`Deleted ${route.url}.`);
  return EXIT.ok;
}
