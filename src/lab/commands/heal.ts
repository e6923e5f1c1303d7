import type { Invocation } from '../../cli/command-spec.ts';
import { EXIT } from '../../core/error-table.ts';
import { delayLinks, joinLinks, loseOnLinks } from '../disturb.ts';
import { isOn } from '../lab-status.ts';
import { restorePower, startServices } from '../power.ts';
import { openHost } from './open.ts';

export async function run(invocation: Invocation): Promise<number> {
  const { plan, host } = await openHost(invocation);
  await loseOnLinks(plan, host, 0);
  if (isOn(host)) {
    await delayLinks(plan, host, 0);
    await joinLinks(plan, host);
    await startServices(plan, host);
  } else await restorePower(plan, host);
  invocation.context.output.note(`${host.name} is well.`);
  return EXIT.ok;
}
