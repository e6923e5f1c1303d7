import { reasonOf } from '../../core/errors.ts';
import { chooseRange } from '../../hostnet/choose-range.ts';
import { findForeignDrops } from '../../hostnet/foreign-drops.ts';
import { takenNetworks } from '../../hostnet/host-facts.ts';
import { listAddresses, listRoutes } from '../../hostnet/ip.ts';
import { platformTag } from '../../hostnet/names.ts';
import { nftListTable } from '../../hostnet/nft.ts';
import { assertOwner } from '../../hostnet/owner.ts';
import { type Check, fail, ok, warn } from './check.ts';

/** No other platform uses our nftables table here. */
export const tableOwnerCheck: Check = {
  name: 'nftables table',
  async run({ stateDir }) {
    const listing = await nftListTable();
    try {
      assertOwner(listing, platformTag(stateDir));
    } catch (thrown) {
      return fail(
        reasonOf(thrown),
        'Take that one down first: `sprue down --state-dir` with its folder.',
      );
    }
    return ok(listing === undefined ? 'inet sprue is free' : 'inet sprue is this platform’s');
  },
};

/** Container addresses must be nobody else's. Another range is chosen when the usual one collides. */
export const addressRangeCheck: Check = {
  name: 'address range',
  async run() {
    const range = chooseRange({ taken: takenNetworks(await listAddresses(), await listRoutes()) });
    return ok(`${range} for containers`);
  },
};

/** Another table that drops forwarded packets would block the route behind our back. */
export const foreignFirewallCheck: Check = {
  name: 'other firewalls',
  async run() {
    const drops = await findForeignDrops();
    if (drops.length === 0) return ok('none drops forwarded packets');
    const chains = drops.map(({ chain }) => chain).join(', ');
    return warn(
      `${chains} drops forwarded packets, so containers are not reached`,
      drops.map(({ remedy }) => remedy).join('; '),
    );
  },
};
