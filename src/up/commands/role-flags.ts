import type { OptionValues } from '../../cli/option-values.ts';
import type { Overrides } from '../../roles/role-config.ts';

/** Options of a role as they override its file: `names` maps an option to a key of the file. */
export function roleOverrides(
  options: OptionValues,
  names: Readonly<Record<string, string>>,
): Overrides {
  const overrides: Record<string, unknown> = {};
  const servers = options.text('nats');
  if (servers !== undefined) overrides['nats'] = { servers: servers.split(',') };
  for (const [option, key] of Object.entries({ stateDir: 'state_dir', ...names })) {
    const value = options.text(option);
    if (value !== undefined) overrides[key] = value;
  }
  return overrides;
}
