import { EXIT } from '../../core/error-table.ts';
import type { Invocation } from '../command-spec.ts';
import { routeKeyOf } from '../find-route.ts';

export async function run({ args, options, context }: Invocation): Promise<number> {
  const api = await context.api();
  const { spaceGuid, space } = await context.place();
  const key = await routeKeyOf(context, args[0] ?? '', options);
  const existing = await api.routes.find(key);
  if (existing?.relationships.space.data?.guid === spaceGuid) {
    context.output.note(`${existing.url} belongs to space ${space} already.`);
    return EXIT.ok;
  }
  const route = await api.routes.create(key, spaceGuid);
  context.output.note(`${route.url} now belongs to space ${space}.`);
  return EXIT.ok;
}
