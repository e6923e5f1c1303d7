import { EXIT } from '../../core/error-table.ts';
import type { Invocation } from '../command-spec.ts';
import { routerName } from '../render/router-name.ts';

export async function run({ args, context }: Invocation): Promise<number> {
  const { edges } = await context.api();
  const { address, router } = await edges.associate(args[0] ?? '', args[1] ?? '');
  context.output.note(`${address} leads to ${router ? routerName(router) : 'no router'}.`);
  return EXIT.ok;
}
