import type { Invocation } from '../../cli/command-spec.ts';
import { EXIT } from '../../core/error-table.ts';
import { SprueError } from '../../core/errors.ts';
import { loseOnLinks } from '../disturb.ts';
import { isOn } from '../lab-status.ts';
import { openHost } from './open.ts';

export async function run(invocation: Invocation): Promise<number> {
  const percent = parseShare(invocation.args[1] ?? '');
  const { plan, host } = await openHost(invocation);
  if (!isOn(host)) throw new SprueError('LAB_HOST_OFF', { host: host.name });
  await loseOnLinks(plan, host, percent);
  invocation.context.output.note(`${host.name} loses ${percent}% of its packets.`);
  return EXIT.ok;
}

/** `5%`, `0.5%`. @throws SprueError `USAGE` */
export function parseShare(text: string): number {
  const number = /^(\d{1,3}(?:\.\d{1,2})?)%$/.exec(text)?.[1];
  const percent = Number(number ?? Number.NaN);
  if (percent >= 0 && percent <= 100) return percent;
  const reason = `“${text}” is not a share from 0% to 100%, such as 5%`;
  throw new SprueError('USAGE', { reason, command: 'lab loss' });
}
