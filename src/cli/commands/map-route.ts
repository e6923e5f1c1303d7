import { EXIT } from '../../core/error-table.ts';
import type { Invocation } from '../command-spec.ts';
import { findApp } from '../find-app.ts';
import { routeKeyOf } from '../find-route.ts';
import { publicUrl } from '../public-url.ts';
import { untilRouted } from '../until-routed.ts';

export async function run({ args, options, context }: Invocation): Promise<number> {
  const port = options.integer('appPort', 1);
  const app = await findApp(context, args[0] ?? '');
  const api = await context.api();
  const { spaceGuid } = await context.place();
  const key = await routeKeyOf(context, args[1] ?? '', options);
  const route = (await api.routes.find(key)) ?? (await api.routes.create(key, spaceGuid));
  await api.routes.map(route.guid, app.guid, port);
  const { api: base } = await context.target();
  const url = publicUrl(route.url, base);
  if (!route.host.startsWith('*')) await untilRouted(app, url, context);
  context.output.note(`${url} leads to ${app.name}.`);
  return EXIT.ok;
}
