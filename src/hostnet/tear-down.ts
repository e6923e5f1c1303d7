import { rm } from 'node:fs/promises';
import type { Log } from '../core/log.ts';
import { poll } from '../core/wait.ts';
import { forgetConnections } from './conntrack.ts';
import { othersForward } from './foreign-drops.ts';
import { readKernel } from './inspect.ts';
import { ipBatchForced, removeLink } from './ip.ts';
import { restoreForwarding } from './kernel-limits.ts';
import { namesOfShortId } from './names.ts';
import { nftApply, nftDeleteTable, nftListTable } from './nft.ts';
import { assertOwner } from './owner.ts';
import { TABLE } from './ruleset.ts';
import { StateFile } from './state-file.ts';
import { throwIfAny, tryAll } from './try-all.ts';

const NETNS_GONE = { intervalMs: 20, timeoutMs: 3000 };

/**
 * Removes the network of every container of this platform, then the table and the state folder.
 * The table goes last: its rules hold as long as a container is there. Needs no memory but the
 * kernel's. Idempotent; tries everything.
 * @throws SprueError `NETWORK_OWNED_BY_OTHER` before anything is changed; `NETWORK_CLEANUP_FAILED`.
 */
export async function tearDownNetwork(tag: string, folder: string, log: Log): Promise<void> {
  const listing = await nftListTable();
  assertOwner(listing, tag);
  const file = await StateFile.open(folder, log);
  const { netnsShortIds, mappings } = await readKernel(tag);
  const failures = await tryAll([
    async () => listing && (await nftApply(`flush map ${TABLE} ports\n`)),
    ...mappings.map(
      ({ containerIp }) =>
        () =>
          forgetConnections(containerIp),
    ),
    () =>
      ipBatchForced(netnsShortIds.map(short => `netns del ${namesOfShortId(tag, short).netns}`)),
    () => removeLingeringVeths(tag),
    () => nftDeleteTable(),
    async () => {
      if (!(await othersForward())) await restoreForwarding(file.state.ipForwardBefore);
    },
  ]);
  throwIfAny(failures, `the platform (${folder})`);
  await rm(folder, { recursive: true, force: true });
}

/** A process that still runs keeps its namespace, and so the pair, alive after the name is gone. */
async function removeLingeringVeths(tag: string): Promise<void> {
  const lingering = async () =>
    (await readKernel(tag)).veths.filter(veth => veth.alias !== undefined);
  const gone = await poll(
    async () => ((await lingering()).length === 0 ? true : undefined),
    NETNS_GONE,
  );
  if (gone === undefined) for (const { name } of await lingering()) await removeLink(name);
}
