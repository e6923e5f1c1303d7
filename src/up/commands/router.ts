import type { Invocation } from '../../cli/command-spec.ts';
import { EXIT } from '../../core/error-table.ts';
import { SprueError } from '../../core/errors.ts';
import { runRouter } from '../../router/main.ts';

export async function run({ options }: Invocation): Promise<number> {
  const configFile = options.text('config');
  if (configFile === undefined)
    throw new SprueError('USAGE', { reason: 'no configuration file', command: 'router' });
  await runRouter({ configFile });
  return EXIT.ok;
}
