import { EXIT } from '../../core/error-table.ts';
import { SprueError } from '../../core/errors.ts';
import type { Invocation } from '../command-spec.ts';
import { orgByName } from '../place.ts';
import { renderNames } from '../render/names.ts';

export async function run({ options, context }: Invocation): Promise<number> {
  const { org, space } = await context.target();
  if (org === undefined) throw new SprueError('NO_SPACE_TARGETED');
  const api = await context.api();
  const { guid } = await orgByName(api, org);
  renderNames(await api.spaces.spaces(guid), {
    output: context.output,
    quiet: options.flag('quiet'),
    targeted: space,
  });
  return EXIT.ok;
}
