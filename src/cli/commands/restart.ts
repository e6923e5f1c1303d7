import { EXIT } from '../../core/error-table.ts';
import { loadAppSummary, renderAppSummary } from '../app-summary.ts';
import type { Invocation } from '../command-spec.ts';
import { findApp } from '../find-app.ts';
import { deployRolling, startStopped, stopAndStart } from '../push/start-app.ts';
import { Progress } from '../render/progress.ts';

export async function run({ args, options, context }: Invocation): Promise<number> {
  const app = await findApp(context, args[0] ?? '');
  const tools = { context, api: await context.api(), progress: new Progress(context.output) };
  context.goesOn = `The restart of ${app.name} goes on; \`sprue app ${app.name}\` shows it.`;
  if (app.state === 'STOPPED') await startStopped(app, undefined, tools);
  else if (options.negated('rolling')) await stopAndStart(app, undefined, tools);
  else await deployRolling(app, undefined, tools);
  renderAppSummary(await loadAppSummary(context, app.guid), context.output);
  return EXIT.ok;
}
