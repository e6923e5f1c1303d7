import type { App } from '../proto/v3/app.ts';
import type { Domain } from '../proto/v3/domain.ts';
import type { Api } from './api/api.ts';
import type { CliContext } from './context.ts';
import { noSuch } from './place.ts';

/** The app of that name in the targeted space. @throws SprueError `NO_SUCH` with the nearest name */
export async function findApp(context: CliContext, name: string): Promise<App> {
  const app = await findAppIfAny(context, name);
  if (app !== undefined) return app;
  const api = await context.api();
  const { spaceGuid, space } = await context.place();
  const names = (await api.apps.list(spaceGuid)).map(app => app.name);
  throw noSuch('app', name, names, { where: ` in space ${space}`, list: 'sprue apps' });
}

export async function findAppIfAny(context: CliContext, name: string): Promise<App | undefined> {
  const api = await context.api();
  const { spaceGuid } = await context.place();
  const [app] = await api.apps.byNames(spaceGuid, [name]);
  return app;
}

/** @throws SprueError `NO_SUCH` with the nearest name */
export async function findDomain(api: Api, name: string): Promise<Domain> {
  const domain = await api.routes.domain(name.toLowerCase());
  if (domain !== undefined) return domain;
  const names = (await api.routes.domains()).map(({ name }) => name);
  throw noSuch('domain', name, names, { list: 'sprue domains' });
}
