import { createHash } from 'node:crypto';
import { nftApply, nftListTable } from './nft.ts';
import { formatRuleset, type RulesetInput } from './ruleset.ts';
import type { StateFile } from './state-file.ts';

/**
 * Loads the rule set unless the kernel already has exactly what we loaded last time. So a restart of
 * the agent changes nothing, and a rule that somebody else removed comes back.
 * @param listing our table as it is now.
 */
export async function loadRuleset(
  input: RulesetInput,
  listing: string | undefined,
  file: StateFile,
): Promise<'loaded' | 'unchanged'> {
  const script = formatRuleset(input);
  const source = sha256(script);
  const loaded = file.state.ruleset;
  if (loaded?.source === source && loaded.listing === sha256(listing ?? '')) return 'unchanged';
  await nftApply(script);
  await file.update({ ruleset: { source, listing: sha256((await nftListTable()) ?? '') } });
  return 'loaded';
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
