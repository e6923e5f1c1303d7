import type { Invocation } from '../../cli/command-spec.ts';
import { EXIT } from '../../core/error-table.ts';
import { requireRoot } from '../../roles/require-root.ts';
import { stderrReport } from '../report.ts';
import { up } from '../up.ts';
import { upOptions } from './up-flags.ts';

export async function run({ options }: Invocation): Promise<number> {
  requireRoot();
  const logLevel = options.flag('verbose') ? 'info' : 'warn';
  await up(upOptions(options), { report: stderrReport(), logLevel });
  return EXIT.ok;
}
