import type { Flow, SocketAddress } from '../../proto/trace.ts';
import type { NftTraceLine } from './parse-nft-trace.ts';

/** What the rules of this host did with the first packet of one connection. */
export interface SynSighting {
  /** As it came in. */
  readonly arrived: Flow;
  /** As it was last seen: differs from {@link arrived} when a rule rewrote it. */
  last: Flow;
  /** The rule (with its place) that dropped or refused it. */
  droppedBy: string | undefined;
  /** Word for word, as `nft monitor trace` says it. */
  readonly lines: string[];
}

const MAX_SIGHTINGS = 2_000;
const MAX_LINES = 60;

/**
 * Puts the lines of `nft monitor trace` together, packet by packet. Packets are told apart by their
 * addresses: the kernel's id only ties a rule to the packet line right before it, since each base chain
 * begins with one and ids are used again.
 */
export class SynSightings {
  readonly #ownTable: string;
  readonly #bySource = new Map<string, SynSighting>();
  readonly #byId = new Map<string, SynSighting>();

  /** @param ownTable the table whose rules mark packets for tracing */
  constructor(ownTable: string) {
    this.#ownTable = ownTable;
  }

  add(line: NftTraceLine, text: string): void {
    const { id, table, chain, event } = line;
    if (event.type === 'packet') {
      const seen = this.#sightingOf(event.flow, table === this.#ownTable);
      if (seen === undefined) return;
      seen.last = event.flow;
      this.#byId.set(id, seen);
      if (seen.lines.length < MAX_LINES) seen.lines.push(text);
      return;
    }
    const seen = this.#byId.get(id);
    if (seen === undefined) return;
    if (event.drops) seen.droppedBy ??= `${event.text} (${table}, chain ${chain})`;
    if (table !== this.#ownTable && seen.lines.length < MAX_LINES) seen.lines.push(text);
  }

  /** The newest connection from `source` to `destination`. */
  find({ source, destination }: Flow): SynSighting | undefined {
    const seen = this.#bySource.get(key(source));
    return seen && isSame(seen.arrived.destination, destination) ? seen : undefined;
  }

  clear(): void {
    this.#bySource.clear();
    this.#byId.clear();
  }

  #sightingOf(flow: Flow, isArrival: boolean): SynSighting | undefined {
    const present = this.#bySource.get(key(flow.source));
    if (!isArrival) return present;
    if (present && isSame(present.arrived.destination, flow.destination)) return present; // sent again
    if (this.#bySource.size >= MAX_SIGHTINGS) this.clear();
    const sighting = { arrived: flow, last: flow, droppedBy: undefined, lines: [] };
    this.#bySource.set(key(flow.source), sighting);
    return sighting;
  }
}

function key({ host, port }: SocketAddress): string {
  return `${host}:${port}`;
}

function isSame(left: SocketAddress, right: SocketAddress): boolean {
  return left.host === right.host && left.port === right.port;
}
