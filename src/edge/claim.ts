import { cidrsOverlap } from '../core/address.ts';
import { SprueError } from '../core/errors.ts';
import type { EdgeLease } from '../proto/edge.ts';

type Claimant = Pick<EdgeLease, 'id' | 'host' | 'startedMs' | 'floating'>;

/**
 * Another edge that claims addresses of this one's pool, or its id on another machine: both would
 * answer for the same addresses. Pure.
 * @returns the error to report, or `undefined` when nobody else does.
 */
export function conflictOf(own: Claimant, others: Iterable<Claimant>): SprueError | undefined {
  for (const other of others) {
    if (other.id === own.id) {
      if (other.host === own.host) continue; // this edge, before it was started again
      return new SprueError('EDGE_RUNNING_ELSEWHERE', { edge: own.id, host: other.host });
    }
    const pool = overlap(own, other);
    if (pool !== undefined) {
      const details = { pool, edge: other.id, host: other.host };
      return new SprueError('FLOATING_POOL_TAKEN', details);
    }
  }
  return undefined;
}

/** Of two that started at once, the one that keeps what both claim. */
export function isSenior(claimant: Claimant, to: Claimant): boolean {
  if (claimant.startedMs !== to.startedMs) return claimant.startedMs < to.startedMs;
  return `${claimant.id} ${claimant.host}` < `${to.id} ${to.host}`;
}

function overlap(own: Claimant, other: Claimant): string | undefined {
  return own.floating?.pool.find(network =>
    other.floating?.pool.some(theirs => cidrsOverlap(network, theirs)),
  );
}
