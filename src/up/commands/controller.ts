import type { Invocation } from '../../cli/command-spec.ts';
import { EXIT } from '../../core/error-table.ts';
import { controllerConfigSchema, runController } from '../../roles/controller-role.ts';
import { loadRoleConfig } from '../../roles/role-config.ts';
import { roleOverrides } from './role-flags.ts';

export async function run({ options }: Invocation): Promise<number> {
  const overrides = roleOverrides(options, { domain: 'domain', address: 'address' });
  const file = options.text('config');
  await runController(await loadRoleConfig(controllerConfigSchema, file, overrides));
  return EXIT.ok;
}
