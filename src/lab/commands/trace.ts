import type { Invocation } from '../../cli/command-spec.ts';
import { traceFrom, run as traceHere } from '../../cli/commands/trace.ts';
import { SprueError } from '../../core/errors.ts';
import { runForeground } from '../../exec/run-foreground.ts';
import { launcher } from '../../roles/launcher.ts';
import { requireRoot } from '../../roles/require-root.ts';
import { asPerson, labEnvironment } from '../inside.ts';
import { openInstance } from '../instance-place.ts';
import { openLab, readRecord } from '../lab-dir.ts';
import { DEFAULT_LAB_NAME, type LabHost, type LabPlan } from '../lab-plan.ts';
import { isOn } from '../lab-status.ts';
import { traceWords } from '../trace-from.ts';

/** Without `--from` from here; else from a host of the lab, or from an app's container on this machine. */
export async function run(invocation: Invocation): Promise<number> {
  const { options, context } = invocation;
  const from = options.text('from');
  if (from === undefined) return traceHere(invocation);
  requireRoot();
  const named = options.text('lab');
  const plan = await labPlan(named, context.env['SPRUE_LAB']);
  const host = plan?.hosts.find(({ name }) => name === from);
  if (plan && host) return traceOn(plan, host, invocation);
  // An app of a lab that was named is known to that lab's platform, which its client can ask.
  const client = plan?.hosts.find(({ kind }) => kind === 'client');
  if (plan && client && named !== undefined) {
    return traceOn(plan, client, invocation, [`--from=${from}`]);
  }
  await using instance = await openInstance(context, from);
  return await traceFrom(instance.place, invocation);
}

/** @throws SprueError `LAB_NOT_HERE` when it was named and is not there */
async function labPlan(
  named: string | undefined,
  entered: string | undefined,
): Promise<LabPlan | undefined> {
  if (named !== undefined) return openLab(named);
  const name = entered ?? DEFAULT_LAB_NAME;
  return (await readRecord(name))?.state === 'up' ? openLab(name) : undefined;
}

function traceOn(
  plan: LabPlan,
  host: LabHost,
  invocation: Invocation,
  more: readonly string[] = [],
): Promise<number> {
  if (!isOn(host)) throw new SprueError('LAB_HOST_OFF', { host: host.name });
  const [verb = '', ...words] = traceWords(invocation);
  const argv = asPerson(plan, host, [launcher(), verb, ...more, ...words]);
  return runForeground(argv, { env: labEnvironment(plan.shape.name, invocation.context.env) });
}
