import type { Invocation } from '../../cli/command-spec.ts';
import { run as traceHere } from '../../cli/commands/trace.ts';
import { SprueError } from '../../core/errors.ts';
import { runForeground } from '../../exec/run-foreground.ts';
import { launcher } from '../../roles/launcher.ts';
import { requireRoot } from '../../roles/require-root.ts';
import { findHost } from '../find-host.ts';
import { asPerson, labEnvironment } from '../inside.ts';
import { openLab } from '../lab-dir.ts';
import { DEFAULT_LAB_NAME } from '../lab-plan.ts';
import { isOn } from '../lab-status.ts';
import { traceWords } from '../trace-from.ts';

export async function run(invocation: Invocation): Promise<number> {
  const { options, context } = invocation;
  const from = options.text('from');
  if (from === undefined) return traceHere(invocation);
  requireRoot();
  const plan = await openLab(options.text('lab') ?? DEFAULT_LAB_NAME);
  const host = findHost(plan, from);
  if (!isOn(host)) throw new SprueError('LAB_HOST_OFF', { host: host.name });
  const argv = asPerson(plan, host, [launcher(), ...traceWords(invocation)]);
  return runForeground(argv, { env: labEnvironment(plan.shape.name, context.env) });
}
