import { type Cidr, cidrsOverlap, parseCidr } from '../core/address.ts';
import { SprueError } from '../core/errors.ts';

/** In the order of preference; high in 10/8, where few networks are. */
const CANDIDATES: readonly Cidr[] = [
  ...Array.from({ length: 127 }, (_, step) => parseCidr(`10.${254 - step}.0.0/16`)),
  ...Array.from({ length: 16 }, (_, step) => parseCidr(`172.${31 - step}.0.0/16`)),
];

export interface RangeChoice {
  /** What the operator asked for. */
  readonly wanted?: Cidr;
  /** What was chosen before. */
  readonly kept?: Cidr;
  /** Networks and addresses that this machine knows, without those of our own containers. */
  readonly taken: readonly Cidr[];
}

/**
 * The range that container addresses come from.
 * @throws SprueError `NETWORK_RANGE_TAKEN` when the wanted range, or every candidate, collides.
 */
export function chooseRange({ wanted, kept, taken }: RangeChoice): Cidr {
  const collision = (range: Cidr) => taken.find(other => cidrsOverlap(range, other));
  if (wanted !== undefined) {
    const other = collision(wanted);
    if (other !== undefined) throw rangeTaken(wanted, other);
    return wanted;
  }
  if (kept !== undefined && collision(kept) === undefined) return kept;
  const free = CANDIDATES.find(range => collision(range) === undefined);
  if (free === undefined) throw rangeTaken(CANDIDATES[0] as Cidr, taken[0] as Cidr);
  return free;
}

function rangeTaken(range: Cidr, other: Cidr): SprueError {
  return new SprueError('NETWORK_RANGE_TAKEN', { range, other });
}
