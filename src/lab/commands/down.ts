import type { Invocation } from '../../cli/command-spec.ts';
import { EXIT } from '../../core/error-table.ts';
import { requireRoot } from '../../roles/require-root.ts';
import { labDown } from '../lab-down.ts';
import { labName } from './open.ts';

export async function run(invocation: Invocation): Promise<number> {
  requireRoot();
  const name = labName(invocation);
  const was = await labDown(name);
  invocation.context.output.note(
    was ? `The lab “${name}” is gone.` : `There was no lab “${name}”.`,
  );
  return EXIT.ok;
}
