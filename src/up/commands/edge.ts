import type { Invocation } from '../../cli/command-spec.ts';
import { EXIT } from '../../core/error-table.ts';
import { edgeConfigSchema, runEdge } from '../../roles/edge-role.ts';
import { loadRoleConfig } from '../../roles/role-config.ts';
import { roleOverrides } from './role-flags.ts';

export async function run({ options }: Invocation): Promise<number> {
  const file = options.text('config');
  const overrides = roleOverrides(options, { id: 'id' });
  await runEdge(await loadRoleConfig(edgeConfigSchema, file, overrides));
  return EXIT.ok;
}
