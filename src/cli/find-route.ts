import type { Route } from '../proto/v3/route.ts';
import type { RouteKey } from './api/routes-api.ts';
import type { CliContext } from './context.ts';
import type { OptionValues } from './option-values.ts';
import { parseRoute } from './parse-route.ts';
import { noSuch } from './place.ts';

/** The route that an argument and `--hostname`, `--path` name; it need not exist. */
export async function routeKeyOf(
  context: CliContext,
  route: string,
  options: OptionValues,
): Promise<RouteKey> {
  const api = await context.api();
  const hostname = options.text('hostname');
  const path = options.text('path');
  const domains = await api.routes.domains();
  return parseRoute(
    { route, ...(hostname !== undefined && { hostname }), ...(path !== undefined && { path }) },
    domains,
  );
}

/** @throws SprueError `NO_SUCH` with the nearest URL */
export async function findRoute(
  context: CliContext,
  route: string,
  options: OptionValues,
): Promise<Route> {
  const api = await context.api();
  const found = await api.routes.find(await routeKeyOf(context, route, options));
  if (found !== undefined) return found;
  const { spaceGuid } = await context.place();
  const urls = (await api.routes.ofSpace(spaceGuid)).map(({ url }) => url);
  const hostname = options.text('hostname');
  const named = `${hostname === undefined ? '' : `${hostname}.`}${route}${options.text('path') ?? ''}`;
  throw noSuch('route', named, urls, { list: 'sprue routes' });
}
