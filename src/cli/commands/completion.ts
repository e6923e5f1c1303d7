import { suggestion } from '../../core/did-you-mean.ts';
import { EXIT } from '../../core/error-table.ts';
import { SprueError } from '../../core/errors.ts';
import type { Invocation } from '../command-spec.ts';
import { COMPLETION_SCRIPTS } from '../completion/scripts.ts';

export async function run({ args, context }: Invocation): Promise<number> {
  const shell = args[0] ?? '';
  const script = COMPLETION_SCRIPTS.get(shell);
  if (script === undefined) {
    const hint = suggestion(shell, COMPLETION_SCRIPTS.keys()).replace(/\?$/, '');
    const reason = `There is no completion for “${shell}”, only for bash, zsh and fish.${hint}`;
    throw new SprueError('USAGE', { reason: reason.replace(/\.$/, ''), command: 'completion' });
  }
  context.output.raw(script(context.commands));
  return EXIT.ok;
}
