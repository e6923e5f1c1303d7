import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EXIT } from '../../core/error-table.ts';
import type { Invocation } from '../command-spec.ts';

export async function run({ context: { output } }: Invocation): Promise<number> {
  const file = join(import.meta.dirname, '../../../package.json');
  const { version } = JSON.parse(await readFile(file, 'utf8')) as { version: string };
  if (output.json) output.value({ version, node: process.versions.node });
  else output.line(`sprue ${version} (Node ${process.versions.node})`);
  return EXIT.ok;
}
