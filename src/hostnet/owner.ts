import { SprueError } from '../core/errors.ts';
import { parseOwner } from './ruleset.ts';

/**
 * Two platforms in one network namespace would fight over the table.
 * @param listing our table as text, `undefined` when there is none.
 * @throws SprueError `NETWORK_OWNED_BY_OTHER`
 */
export function assertOwner(listing: string | undefined, tag: string): void {
  if (listing === undefined) return;
  const comment = /^\tcomment "(.*)"$/m.exec(listing)?.[1] ?? '';
  const owner = parseOwner(comment);
  if (owner?.tag === tag) return;
  throw new SprueError('NETWORK_OWNED_BY_OTHER', {
    owner: owner === undefined ? 'another program' : `the platform in ${owner.stateDir}`,
  });
}
