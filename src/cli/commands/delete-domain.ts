import { EXIT } from '../../core/error-table.ts';
import { awaitJob } from '../await-job.ts';
import type { Invocation } from '../command-spec.ts';
import { findDomain } from '../find-app.ts';

export async function run({ args, options, context }: Invocation): Promise<number> {
  const { output, signal } = context;
  const api = await context.api();
  const domain = await findDomain(api, args[0] ?? '');
  const what = `delete the domain ${domain.name} and all routes in it`;
  if (!options.flag('force') && !(await context.confirm(what))) {
    output.note('Nothing was deleted.');
    return EXIT.failed;
  }
  await awaitJob(api, await api.routes.deleteDomain(domain.guid), signal);
  output.note(`Deleted ${domain.name}.`);
  return EXIT.ok;
}
