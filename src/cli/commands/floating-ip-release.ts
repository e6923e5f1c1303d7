import { EXIT } from '../../core/error-table.ts';
import type { Invocation } from '../command-spec.ts';

export async function run({ args, options, context }: Invocation): Promise<number> {
  const { output } = context;
  const address = args[0] ?? '';
  const { edges } = await context.api();
  const what = `release ${address} and cut the connections to it`;
  if (!options.flag('force') && !(await context.confirm(what))) {
    output.note('Nothing was released.');
    return EXIT.failed;
  }
  await edges.release(address);
  output.note(`Released ${address}.`);
  return EXIT.ok;
}
