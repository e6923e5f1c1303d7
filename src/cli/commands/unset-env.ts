import { EXIT } from '../../core/error-table.ts';
import type { Invocation } from '../command-spec.ts';
import { findApp } from '../find-app.ts';
import { noSuch } from '../place.ts';

export async function run({ args, context }: Invocation): Promise<number> {
  const name = args[1] ?? '';
  const app = await findApp(context, args[0] ?? '');
  const api = await context.api();
  const { environment_variables } = await api.apps.env(app.guid);
  const names = Object.keys(environment_variables);
  if (!names.includes(name)) {
    throw noSuch('variable', name, names, {
      where: ` of ${app.name}`,
      list: `sprue env ${app.name}`,
    });
  }
  await api.apps.updateEnv(app.guid, { var: { [name]: null } });
  context.output.note(`${name} is removed from ${app.name}.`);
  if (app.state === 'STARTED') {
    context.output.note(`Its running instances lose it with \`sprue restart ${app.name}\`.`);
  }
  return EXIT.ok;
}
