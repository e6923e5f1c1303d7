import { EXIT } from '../../core/error-table.ts';
import type { Invocation } from '../command-spec.ts';
import { findApp } from '../find-app.ts';

export async function run({ args, context }: Invocation): Promise<number> {
  const app = await findApp(context, args[0] ?? '');
  if (app.state === 'STOPPED') {
    context.output.note(`${app.name} is stopped already.`);
    return EXIT.ok;
  }
  const api = await context.api();
  await api.apps.act(app.guid, 'stop');
  context.output.note(
    `${app.name} gets no more requests. Its instances finish what they do, then end.`,
  );
  return EXIT.ok;
}
