import { EXIT } from '../../core/error-table.ts';
import type { Invocation } from '../command-spec.ts';
import { orgByName } from '../place.ts';

/** Names for the shell to offer. Whatever goes wrong, a shell that completes must not be disturbed. */
export async function run({ args, context }: Invocation): Promise<number> {
  const names = await namesOf(args[0] ?? '', context).catch(() => []);
  for (const name of names) context.output.line(name);
  return EXIT.ok;
}

async function namesOf(kind: string, context: Invocation['context']): Promise<readonly string[]> {
  const api = await context.api();
  switch (kind) {
    case 'app':
      return (await api.apps.list((await context.place()).spaceGuid)).map(({ name }) => name);
    case 'route':
      return (await api.routes.ofSpace((await context.place()).spaceGuid)).map(({ url }) => url);
    case 'domain':
      return (await api.routes.domains()).map(({ name }) => name);
    case 'org':
      return (await api.spaces.orgs()).map(({ name }) => name);
    case 'space': {
      const { org = '' } = await context.target();
      const { guid } = await orgByName(api, org);
      return (await api.spaces.spaces(guid)).map(({ name }) => name);
    }
    case 'floating-ip':
      return (await api.edges.floatingIps()).resources.map(({ address }) => address);
    default:
      return [];
  }
}
