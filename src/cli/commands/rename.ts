import { EXIT } from '../../core/error-table.ts';
import type { Invocation } from '../command-spec.ts';
import { findApp } from '../find-app.ts';

export async function run({ args, context }: Invocation): Promise<number> {
  const app = await findApp(context, args[0] ?? '');
  const api = await context.api();
  const renamed = await api.apps.rename(app.guid, args[1] ?? '');
  context.output.note(`${app.name} is now called ${renamed.name}. Its routes stay as they are.`);
  return EXIT.ok;
}
