import type { Evidence, Flow } from '../../proto/trace.ts';
import { type Answer, ask, evidence } from './ask.ts';

/** What a host's network looks like, for learners: addresses, routes, NAT, these connections. */
export async function hostViews(
  flows: readonly Flow[],
  nat: readonly (readonly string[])[] = [],
): Promise<Evidence[]> {
  const answers = await Promise.all([
    ask(['ip', '-4', '-brief', 'address']),
    ask(['ip', '-4', 'route']),
    ...nat.map(object => ask(['nft', '-s', 'list', ...object])),
    ...flows.map(socketsOf),
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

/** Both ends of a connection, as far as they are on this host. */
function socketsOf({ source: { port } }: Flow): Promise<Answer> {
  const filter = `sport = :${port} or dport = :${port}`;
  return ask(['ss', '-tan', filter], `ss -tan '${filter}'`);
}
