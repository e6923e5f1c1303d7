import { EXIT } from '../../core/error-table.ts';
import { appSummaryAsJson, loadAppSummary, renderAppSummary } from '../app-summary.ts';
import type { Invocation } from '../command-spec.ts';
import { findApp } from '../find-app.ts';
import { showPlacement } from '../render/placement.ts';

export async function run({ args, options, context }: Invocation): Promise<number> {
  const { output } = context;
  const app = await findApp(context, args[0] ?? '');
  if (options.flag('guid')) {
    output.line(app.guid);
    return EXIT.ok;
  }
  const summary = await loadAppSummary(context, app.guid);
  if (options.flag('placement')) return showPlacement(summary, output);
  if (output.json) output.value(appSummaryAsJson(summary));
  else renderAppSummary(summary, output);
  return EXIT.ok;
}
