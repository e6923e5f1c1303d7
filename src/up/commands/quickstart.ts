import type { Invocation } from '../../cli/command-spec.ts';
import { EXIT } from '../../core/error-table.ts';
import { requireRoot } from '../../roles/require-root.ts';
import { quickstart } from '../quickstart.ts';
import { stderrReport } from '../report.ts';
import { upOptions } from './up-flags.ts';

export async function run({ options }: Invocation): Promise<number> {
  requireRoot();
  await quickstart({
    once: options.flag('once'),
    optionsFor: stateDir => upOptions(options, options.text('stateDir') ?? stateDir),
    report: stderrReport(),
    logLevel: options.flag('verbose') ? 'info' : 'warn',
  });
  return EXIT.ok;
}
