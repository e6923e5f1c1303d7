import { text } from 'node:stream/consumers';
import { EXIT } from '../../core/error-table.ts';
import { SprueError } from '../../core/errors.ts';
import type { Invocation } from '../command-spec.ts';
import { findApp } from '../find-app.ts';

export async function run({ args, context }: Invocation): Promise<number> {
  const { name, value } = await splitVariable(args[1] ?? '', args[2]);
  const app = await findApp(context, args[0] ?? '');
  const api = await context.api();
  await api.apps.updateEnv(app.guid, { var: { [name]: value } });
  context.output.note(`${name} is set for ${app.name}.`);
  if (app.state === 'STARTED') {
    context.output.note(`Its running instances get it with \`sprue restart ${app.name}\`.`);
  }
  return EXIT.ok;
}

async function splitVariable(
  first: string,
  second: string | undefined,
): Promise<{ readonly name: string; readonly value: string }> {
  if (second === '-')
    return { name: first, value: (await text(process.stdin)).replace(/\r?\n$/, '') };
  if (second !== undefined) return { name: first, value: second };
  const equals = first.indexOf('=');
  if (equals > 0) return { name: first.slice(0, equals), value: first.slice(equals + 1) };
  throw new SprueError('USAGE', { reason: `${first} has no value`, command: 'set-env' });
}
