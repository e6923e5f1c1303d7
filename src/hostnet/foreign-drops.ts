import { nftJson } from './nft.ts';
import { TABLE } from './ruleset.ts';

/** A chain of somebody else through which a packet to or from a container must pass. */
export interface ForeignDrop {
  /** As nft names it, for example `ip filter FORWARD`. */
  readonly chain: string;
  /** What lets containers through. */
  readonly remedy: string;
}

/**
 * Forward chains of other tables that drop by default: Docker's, firewalld's, ufw's. An `accept` of
 * ours cannot overrule them, because every table has a say.
 */
export async function findForeignDrops(): Promise<ForeignDrop[]> {
  return (await forwardChains())
    .filter(chain => chain['policy'] === 'drop')
    .map(({ family, table, name }) => ({
      chain: `${family} ${table} ${name}`,
      remedy: remedyFor(String(family), String(table), String(name)),
    }));
}

/** Whether another table has rules for forwarded packets, that is, relies on forwarding. */
export async function othersForward(): Promise<boolean> {
  return (await forwardChains()).length > 0;
}

async function forwardChains(): Promise<Record<string, unknown>[]> {
  const objects = await nftJson(['list', 'chains']);
  return objects
    .flatMap(object => (object['chain'] ? [object['chain']] : []))
    .filter(
      chain => chain['hook'] === 'forward' && `${chain['family']} ${chain['table']}` !== TABLE,
    );
}

function remedyFor(family: string, table: string, name: string): string {
  if (family === 'ip' && table === 'filter') {
    return 'iptables -I FORWARD -i w-+ -j ACCEPT; iptables -I FORWARD -o w-+ -j ACCEPT';
  }
  return (
    `nft insert rule ${family} ${table} ${name} iifname "w-*" accept; ` +
    `nft insert rule ${family} ${table} ${name} oifname "w-*" accept`
  );
}
