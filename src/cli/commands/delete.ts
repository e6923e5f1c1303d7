import { EXIT } from '../../core/error-table.ts';
import { awaitJob } from '../await-job.ts';
import type { Invocation } from '../command-spec.ts';
import { findAppIfAny } from '../find-app.ts';

export async function run({ args, options, context }: Invocation): Promise<number> {
  const { output, signal } = context;
  const name = args[0] ?? '';
  const app = await findAppIfAny(context, name);
  if (app === undefined) {
    output.note(`There is no app ${name}: nothing to delete.`);
    return EXIT.ok;
  }
  const api = await context.api();
  const routes = options.flag('routes') ? await api.routes.ofApp(app.guid) : [];
  const own = routes.filter(({ destinations }) =>
    destinations.every(destination => destination.app.guid === app.guid),
  );
  const urls = own.map(({ url }) => url).join(', ');
  const what = own.length === 0 ? `delete ${name}` : `delete ${name} and ${urls}`;
  if (!options.flag('force') && !(await context.confirm(what))) {
    output.note('Nothing was deleted.');
    return EXIT.failed;
  }
  // Routes first: then routers know that they are gone (404), not only without instances (503).
  for (const route of own) await awaitJob(api, await api.routes.delete(route.guid), signal);
  await awaitJob(api, await api.apps.delete(app.guid), signal);
  output.note(own.length === 0 ? `Deleted ${name}.` : `Deleted ${name} and ${urls}.`);
  for (const { url } of routes.filter(route => !own.includes(route))) {
    output.note(`${url} leads to other apps too and was kept.`);
  }
  return EXIT.ok;
}
