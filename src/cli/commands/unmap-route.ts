import { EXIT } from '../../core/error-table.ts';
import type { Invocation } from '../command-spec.ts';
import { findApp } from '../find-app.ts';
import { findRoute } from '../find-route.ts';

export async function run({ args, options, context }: Invocation): Promise<number> {
  const { output } = context;
  const app = await findApp(context, args[0] ?? '');
  const route = await findRoute(context, args[1] ?? '', options);
  const api = await context.api();
  const destinations = route.destinations.filter(item => item.app.guid === app.guid);
  for (const destination of destinations) await api.routes.unmap(route.guid, destination);
  output.note(
    destinations.length === 0
      ? `${route.url} does not lead to ${app.name}: nothing to do.`
      : `${route.url} no longer leads to ${app.name}.`,
  );
  return EXIT.ok;
}
