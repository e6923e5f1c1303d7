import { EXIT } from '../../core/error-table.ts';
import type { Invocation } from '../command-spec.ts';
import { publicUrl } from '../public-url.ts';

export async function run({ options, context }: Invocation): Promise<number> {
  const { output } = context;
  const api = await context.api();
  const { spaceGuid, org, space } = await context.place();
  const routes = await api.routes.ofSpace(spaceGuid);
  const target = await context.target();
  const guids = routes.flatMap(route => route.destinations.map(({ app }) => app.guid));
  const apps = guids.length === 0 ? [] : await api.apps.byGuids([...new Set(guids)]);
  const names = new Map(apps.map(app => [app.guid, app.name]));
  const rows = routes.map(route => ({
    url: publicUrl(route.url, target.api),
    guid: route.guid,
    host: route.host,
    path: route.path,
    protocol: route.protocol,
    apps: route.destinations.map(({ app, port, protocol }) => ({
      name: names.get(app.guid) ?? app.guid,
      process: app.process.type,
      port,
      protocol,
    })),
  }));
  if (output.json) output.value(rows);
  else if (options.flag('quiet')) for (const { url } of rows) output.line(url);
  else if (rows.length === 0) output.note(`There is no route in ${org} / ${space} yet.`);
  else {
    output.table(
      [{ title: 'URL' }, { title: 'APPS', shrink: true }, { title: 'PROTOCOL' }],
      rows.map(row => [
        row.url,
        row.apps.map(({ name }) => name).join(', '),
        [...new Set(row.apps.map(({ protocol }) => protocol))].join(', '),
      ]),
    );
  }
  return EXIT.ok;
}
