import { EXIT } from '../../core/error-table.ts';
import type { Invocation } from '../command-spec.ts';
import { routerName } from '../render/router-name.ts';

export async function run({ args, options, context }: Invocation): Promise<number> {
  const { output } = context;
  const { edges } = await context.api();
  const floatingIp = await edges.allocate(args[0], options.text('router'));
  const { address, router } = floatingIp;
  if (output.json) output.value(floatingIp);
  else output.line(address);
  output.note(
    router === null
      ? `It leads nowhere yet: \`sprue floating-ip associate ${address} ROUTER\`.`
      : `It leads to ${routerName(router)}.`,
  );
  return EXIT.ok;
}
