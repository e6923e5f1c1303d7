import type { Evidence, Flow } from '../../proto/trace.ts';
import { ask, evidence } from './ask.ts';

/** What a host's network looks like, for learners: addresses, routes, NAT, these connections. */
export async function hostViews(
  flows: readonly Flow[],
  table: string | undefined = 'inet sprue',
): Promise<Evidence[]> {
  const answers = await Promise.all([
    ask(['ip', '-4', '-brief', 'address']),
    ask(['ip', '-4', 'route']),
    ...(table === undefined ? [] : [ask(['nft', 'list', 'table', ...table.split(' ')])]),
    ...flows.map(({ source: { port } }) =>
      ask(['ss', '-tan', `sport = :${port} or dport = :${port}`]),
    ),
  ]);
  return evidence(...answers);
}

/** The same inside a container's network namespace. */
export async function containerViews(netns: string, path: string): Promise<Evidence[]> {
  const inside = (...argv: string[]) =>
    ask(['nsenter', `--net=${path}`, '--', ...argv], `ip netns exec ${netns} ${argv.join(' ')}`);
  const answers = await Promise.all([
    inside('ip', '-4', '-brief', 'address'),
    inside('ip', '-4', 'route'),
    inside('ss', '-tan'),
  ]);
  return evidence(...answers);
}
