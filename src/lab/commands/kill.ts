import type { Invocation } from '../../cli/command-spec.ts';
import { EXIT } from '../../core/error-table.ts';
import { cutPower } from '../power.ts';
import { openHost } from './open.ts';

export async function run(invocation: Invocation): Promise<number> {
  const { plan, host } = await openHost(invocation);
  await cutPower(plan, host);
  invocation.context.output.note(
    `${host.name} is off. \`sprue lab start ${host.name}\` switches it on.`,
  );
  return EXIT.ok;
}
