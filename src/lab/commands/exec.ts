import type { Invocation } from '../../cli/command-spec.ts';
import { SprueError } from '../../core/errors.ts';
import { runForeground } from '../../exec/run-foreground.ts';
import { asPerson, labEnvironment } from '../inside.ts';
import { isOn } from '../lab-status.ts';
import { openHost } from './open.ts';

export async function run(invocation: Invocation): Promise<number> {
  const { plan, host } = await openHost(invocation);
  if (!isOn(host)) throw new SprueError('LAB_HOST_OFF', { host: host.name });
  const argv = invocation.args.slice(1).filter(word => word !== undefined);
  const env = labEnvironment(plan.shape.name, invocation.context.env);
  return runForeground(asPerson(plan, host, argv), { env });
}
