import type { Invocation } from '../../cli/command-spec.ts';
import { EXIT } from '../../core/error-table.ts';
import { requireRoot } from '../../roles/require-root.ts';
import { down } from '../down.ts';
import { stderrReport } from '../report.ts';
import { resolveStateDir } from '../up-options.ts';

export async function run({ options, context }: Invocation): Promise<number> {
  requireRoot();
  const purge = options.flag('purge');
  const stateDir = resolveStateDir(options.text('stateDir'));
  const action = `remove the platform in ${stateDir} with all its apps`;
  if (purge && !options.flag('force') && !(await context.confirm(action))) {
    return EXIT.failed;
  }
  await down({ stateDir, purge, report: stderrReport() });
  context.output.note(
    purge
      ? 'The platform and all it stored is gone.'
      : 'The platform is down; `sprue up` brings it back.',
  );
  return EXIT.ok;
}
