import { EXIT } from '../../core/error-table.ts';
import type { Invocation } from '../command-spec.ts';

export async function run({ options, context }: Invocation): Promise<number> {
  const { output } = context;
  const api = await context.api();
  const rows = (await api.routes.domains()).map(domain => ({
    name: domain.name,
    guid: domain.guid,
    shared: !domain.relationships.organization?.data,
    internal: domain.internal,
    protocols: domain.supported_protocols,
  }));
  if (output.json) output.value(rows);
  else if (options.flag('quiet')) for (const { name } of rows) output.line(name);
  else {
    output.table(
      [{ title: 'NAME' }, { title: 'AVAILABILITY' }, { title: 'PROTOCOLS' }],
      rows.map(({ name, shared, internal, protocols }) => [
        name,
        `${shared ? 'shared' : 'private'}${internal ? ', internal' : ''}`,
        protocols.join(', '),
      ]),
    );
  }
  return EXIT.ok;
}
