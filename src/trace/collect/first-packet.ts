import type { Evidence, Flow, ObservationOf, SocketAddress } from '../../proto/trace.ts';
import type { ElementAnswer } from './map-element.ts';
import type { SynSighting } from './syn-sightings.ts';
import type { SynWatch } from './syn-watch.ts';

type Nat = ObservationOf<'dea-nat'>;

/** What the kernel did with a connection's first packet: from its trace, from conntrack, from the map. */
export interface FirstPacket {
  readonly after: Flow | undefined;
  readonly syn: Nat['syn'];
  readonly droppedBy: string | undefined;
  readonly raw: readonly Evidence[];
}

export interface FirstPacketInput {
  readonly before: Flow;
  readonly conntrack: Nat['conntrack'] | undefined;
  readonly element: ElementAnswer['element'];
  /** The watch stood before the connection was opened. */
  readonly isWatched: boolean;
}

export async function judgeFirstPacket(
  input: FirstPacketInput,
  watch: SynWatch,
): Promise<FirstPacket> {
  const sighting = await watch.find(input.before);
  const after = rewritten(input, sighting);
  const raw = sighting
    ? [{ source: 'nft monitor trace', text: sighting.lines.join('\n').slice(0, 20_000) }]
    : [];
  const base = { after, raw };
  if (sighting === undefined) {
    const syn = await whyUnseen(input, watch);
    return { ...base, syn, droppedBy: undefined };
  }
  const { droppedBy } = sighting;
  if (droppedBy !== undefined) return { ...base, syn: 'dropped', droppedBy };
  if (input.element !== undefined && after === undefined) {
    const { host } = input.before.source;
    const droppedBy = `the map was not asked: no rule lets ${host} through to it`;
    return { ...base, syn: 'dropped', droppedBy };
  }
  return { ...base, syn: 'seen', droppedBy: undefined };
}

async function whyUnseen({ isWatched, conntrack }: FirstPacketInput, watch: SynWatch) {
  if (!isWatched || watch.problem !== undefined) return 'not-watched';
  // It came, then, and was not told of: the messages of a busy kernel may get lost.
  if (conntrack !== undefined) return 'not-watched';
  return (await watch.hasMissedSome()) ? 'not-watched' : 'not-seen';
}

function rewritten(
  { before, conntrack }: FirstPacketInput,
  sighting: SynSighting | undefined,
): Flow | undefined {
  if (conntrack !== undefined) {
    const { source, destination } = conntrack.reply;
    const after = { source: destination, destination: source };
    return isSame(after, before) ? undefined : after;
  }
  if (sighting === undefined || isSame(sighting.last, before)) return undefined;
  return sighting.last;
}

function isSame(left: Flow, right: Flow): boolean {
  return isAt(left.source, right.source) && isAt(left.destination, right.destination);
}

function isAt(left: SocketAddress, right: SocketAddress): boolean {
  return left.host === right.host && left.port === right.port;
}
