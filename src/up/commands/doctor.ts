import type { Invocation } from '../../cli/command-spec.ts';
import { EXIT } from '../../core/error-table.ts';
import { diagnose } from '../doctor.ts';
import { stderrReport } from '../report.ts';
import { upOptions } from './up-flags.ts';

export async function run({ options, context }: Invocation): Promise<number> {
  const report = stderrReport(line => context.output.line(line));
  const results = await diagnose(upOptions(options), named => {
    if (!context.output.json) report.check(named);
  });
  if (context.output.json) {
    context.output.value({ checks: results.map(({ name, result }) => ({ name, ...result })) });
  }
  return results.some(({ result }) => result.status === 'fail') ? EXIT.failed : EXIT.ok;
}
