import { EXIT } from '../../core/error-table.ts';
import type { Invocation } from '../command-spec.ts';
import { renderNames } from '../render/names.ts';

export async function run({ options, context }: Invocation): Promise<number> {
  const api = await context.api();
  const { org } = await context.target();
  renderNames(await api.spaces.orgs(), {
    output: context.output,
    quiet: options.flag('quiet'),
    targeted: org,
  });
  return EXIT.ok;
}
