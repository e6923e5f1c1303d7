import type { Ipv4 } from '../../core/address.ts';
import { reasonOf, SprueError } from '../../core/errors.ts';
import { listAddresses } from '../../hostnet/ip.ts';
import { nftApply, nftJson } from '../../hostnet/nft.ts';
import { writeSysctl } from '../../hostnet/sysctl.ts';
import { tryAll } from '../../hostnet/try-all.ts';
import { forgetConnectionsOf } from './forget-connections.ts';
import { readTable } from './inspect.ts';
import { removeAddress } from './outside-addresses.ts';
import { TABLE } from './ruleset.ts';
import { assertTableOf, IP_FORWARD } from './set-up.ts';

/**
 * Takes the floating IPs of an edge off this machine: addresses first, so that nobody is sent here any
 * more, then the table, then the connections. Needs no memory but the kernel's. Idempotent; tries
 * everything.
 * @param ipForwardBefore what forwarding was before the edge came
 * @throws SprueError `EDGE_TABLE_OWNED` before anything is changed; `EDGE_CLEANUP_FAILED`
 */
export async function tearDownFloatingIps(
  edgeId: string,
  ipForwardBefore: '0' | undefined,
): Promise<void> {
  const table = await readTable();
  assertTableOf(table, edgeId);
  const { floating } = table.nat;
  const ours = (await listAddresses()).filter(
    ({ address, prefixBits }) => prefixBits === 32 && floating.has(address as Ipv4),
  );
  const failures = await tryAll([
    ...ours.map(
      ({ address, interfaceName }) =>
        () =>
          removeAddress(address as Ipv4, interfaceName),
    ),
    () => nftApply(`add table ${TABLE}\ndelete table ${TABLE}\n`),
    ...[...floating].map(address => () => forgetConnectionsOf(address)),
    async () => {
      if (ipForwardBefore !== undefined && !(await somebodyForwards())) {
        await writeSysctl(IP_FORWARD, ipForwardBefore);
      }
    },
  ]);
  if (failures.length === 0) return;
  const reasons = failures.map(reasonOf).join('; ');
  throw new SprueError('EDGE_CLEANUP_FAILED', { edge: edgeId, reasons });
}

/** Whether a table has rules for forwarded packets, that is, relies on forwarding. */
async function somebodyForwards(): Promise<boolean> {
  const objects = await nftJson(['list', 'chains']);
  return objects.some(object => object['chain']?.['hook'] === 'forward');
}
