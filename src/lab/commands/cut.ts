import type { Invocation } from '../../cli/command-spec.ts';
import { EXIT } from '../../core/error-table.ts';
import { SprueError } from '../../core/errors.ts';
import { cutLinks } from '../disturb.ts';
import { isOn } from '../lab-status.ts';
import { openHost } from './open.ts';

export async function run(invocation: Invocation): Promise<number> {
  const { plan, host } = await openHost(invocation);
  if (!isOn(host)) throw new SprueError('LAB_HOST_OFF', { host: host.name });
  await cutLinks(plan, host);
  invocation.context.output.note(
    `${host.name} is cut off. \`sprue lab heal ${host.name}\` joins it again.`,
  );
  return EXIT.ok;
}
