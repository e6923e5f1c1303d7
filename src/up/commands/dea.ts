import type { Invocation } from '../../cli/command-spec.ts';
import { EXIT } from '../../core/error-table.ts';
import { deaConfigSchema, runDea } from '../../roles/dea-role.ts';
import { loadRoleConfig } from '../../roles/role-config.ts';
import { roleOverrides } from './role-flags.ts';

export async function run({ options }: Invocation): Promise<number> {
  const overrides = roleOverrides(options, { id: 'id', address: 'address' });
  const file = options.text('config');
  await runDea(await loadRoleConfig(deaConfigSchema, file, overrides));
  return EXIT.ok;
}
