import { EXIT } from '../../core/error-table.ts';
import { sprueVersion } from '../../core/version.ts';
import type { Invocation } from '../command-spec.ts';

export async function run({ context: { output } }: Invocation): Promise<number> {
  const version = sprueVersion();
  if (output.json) output.value({ version, node: process.versions.node });
  else output.line(`sprue ${version} (Node ${process.versions.node})`);
  return EXIT.ok;
}
