import type { Flow, ObservationOf } from '../../proto/trace.ts';
import { type Answer, ask } from './ask.ts';

type Conntrack = NonNullable<ObservationOf<'dea-nat'>['conntrack']>;

export interface ConntrackAnswer {
  readonly entry: Conntrack | undefined;
  readonly answer: Answer;
}

/** The entry of the connection that began with packets of `flow`: one look-up, however many there are. */
export async function findConntrack({ source, destination }: Flow): Promise<ConntrackAnswer> {
  const tuple = [
    ...['--orig-src', source.host, '--orig-dst', destination.host],
    ...['--orig-port-src', `${source.port}`, '--orig-port-dst', `${destination.port}`],
  ];
  const answer = await ask(['conntrack', '-G', '-p', 'tcp', ...tuple, '-o', 'extended,id']);
  return { entry: answer.ok ? parseConntrack(answer.text) : undefined, answer };
}

/** The entry whose answers go as `flow`. Looks through the whole table. */
export async function findConntrackByReply({
  source,
  destination,
}: Flow): Promise<ConntrackAnswer> {
  const tuple = [
    ...['--reply-src', source.host, '--reply-dst', destination.host],
    ...['--reply-port-src', `${source.port}`, '--reply-port-dst', `${destination.port}`],
  ];
  const answer = await ask(['conntrack', '-L', '-p', 'tcp', ...tuple, '-o', 'extended,id']);
  return { entry: answer.ok ? parseConntrack(answer.text) : undefined, answer };
}

/** One line of `conntrack -o extended,id`. `undefined` for anything else. */
export function parseConntrack(text: string): Conntrack | undefined {
  const line = text.split('\n').find(each => /\btcp\b/.test(each));
  if (line === undefined) return undefined;
  const state = /\btcp +6 +(?:\d+ +)?([A-Z_0-9]+) /.exec(line)?.[1];
  const tuples = [...line.matchAll(/src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+)/g)];
  const [original, reply] = tuples.map(([, src = '', dst = '', sport, dport]) => ({
    source: { host: src, port: Number(sport) },
    destination: { host: dst, port: Number(dport) },
  }));
  if (state === undefined || original === undefined || reply === undefined) return undefined;
  const id = /\bid=(\d+)/.exec(line)?.[1];
  const isReplied = !line.includes('[UNREPLIED]');
  return { original, reply, state, isReplied, ...(id !== undefined && { id }) };
}
