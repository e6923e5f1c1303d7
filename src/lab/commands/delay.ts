import type { Invocation } from '../../cli/command-spec.ts';
import { EXIT } from '../../core/error-table.ts';
import { SprueError } from '../../core/errors.ts';
import { delayLinks } from '../disturb.ts';
import { isOn } from '../lab-status.ts';
import { openHost } from './open.ts';

export async function run(invocation: Invocation): Promise<number> {
  const delayMs = parseDelayMs(invocation.args[1] ?? '');
  const { plan, host } = await openHost(invocation);
  if (!isOn(host)) throw new SprueError('LAB_HOST_OFF', { host: host.name });
  await delayLinks(plan, host, delayMs);
  invocation.context.output.note(`Packets to ${host.name} take ${delayMs} ms longer.`);
  return EXIT.ok;
}

/** `20ms`. @throws SprueError `USAGE` */
export function parseDelayMs(text: string): number {
  const delayMs = Number(/^(\d{1,5})ms$/.exec(text)?.[1] ?? Number.NaN);
  if (delayMs <= 10_000) return delayMs;
  const reason = `“${text}” is not a time from 0ms to 10000ms, such as 20ms`;
  throw new SprueError('USAGE', { reason, command: 'lab delay' });
}
