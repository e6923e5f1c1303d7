import { EXIT } from '../../core/error-table.ts';
import type { Invocation } from '../command-spec.ts';
import { findApp } from '../find-app.ts';

export async function run({ args, context }: Invocation): Promise<number> {
  const { output } = context;
  const app = await findApp(context, args[0] ?? '');
  const api = await context.api();
  const env = await api.apps.env(app.guid);
  if (output.json) {
    output.value(env);
    return EXIT.ok;
  }
  const own = Object.entries(env.environment_variables);
  output.line(output.style.bold('Set by you'));
  for (const [name, value] of own) output.line(`${name}=${value}`);
  if (own.length === 0) output.line(output.style.dim('nothing'));
  output.line();
  output.line(output.style.bold('Set by the platform'));
  const platform = { ...env.system_env_json, ...env.application_env_json };
  for (const [name, value] of Object.entries(platform)) {
    output.line(`${name}=${JSON.stringify(value, null, 2)}`);
  }
  return EXIT.ok;
}
