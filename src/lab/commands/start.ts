import type { Invocation } from '../../cli/command-spec.ts';
import { EXIT } from '../../core/error-table.ts';
import { isOn } from '../lab-status.ts';
import { restorePower, startServices } from '../power.ts';
import { openHost } from './open.ts';

export async function run(invocation: Invocation): Promise<number> {
  const { plan, host } = await openHost(invocation);
  if (isOn(host)) await startServices(plan, host);
  else await restorePower(plan, host);
  invocation.context.output.note(`${host.name} is on.`);
  return EXIT.ok;
}
