import { EXIT } from '../../core/error-table.ts';
import type { Invocation } from '../command-spec.ts';

export async function run({ args, options, context }: Invocation): Promise<number> {
  const api = await context.api();
  const org = options.flag('private') ? (await context.place()).orgGuid : undefined;
  const domain = await api.routes.createDomain((args[0] ?? '').toLowerCase(), org);
  context.output.note(
    `Routes can now be made in ${domain.name}. Its DNS must lead *.${domain.name} to a router.`,
  );
  return EXIT.ok;
}
