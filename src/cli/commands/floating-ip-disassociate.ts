import { EXIT } from '../../core/error-table.ts';
import type { Invocation } from '../command-spec.ts';

export async function run({ args, context }: Invocation): Promise<number> {
  const { edges } = await context.api();
  const { address } = await edges.associate(args[0] ?? '', null);
  context.output.note(`${address} leads nowhere now; new connections to it are refused.`);
  return EXIT.ok;
}
