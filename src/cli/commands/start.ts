import { EXIT } from '../../core/error-table.ts';
import { SprueError } from '../../core/errors.ts';
import type { App } from '../../proto/v3/app.ts';
import { loadAppSummary, renderAppSummary } from '../app-summary.ts';
import type { Invocation } from '../command-spec.ts';
import { findApp } from '../find-app.ts';
import { stagePackage } from '../push/stage-package.ts';
import { type StartTools, startStopped } from '../push/start-app.ts';
import { Progress } from '../render/progress.ts';

export async function run({ args, context }: Invocation): Promise<number> {
  const app = await findApp(context, args[0] ?? '');
  if (app.state === 'STARTED') {
    context.output.note(`${app.name} is started already.`);
    return EXIT.ok;
  }
  const tools = { context, api: await context.api(), progress: new Progress(context.output) };
  context.goesOn = `The start of ${app.name} goes on; \`sprue app ${app.name}\` shows it.`;
  await startStopped(app, await stagedDroplet(app, tools), tools);
  renderAppSummary(await loadAppSummary(context, app.guid), context.output);
  return EXIT.ok;
}

/** The newest package's droplet, staged now when it was only uploaded so far (`push --no-start`). */
async function stagedDroplet(app: App, tools: StartTools): Promise<string | undefined> {
  const { api, progress, context } = tools;
  const newest = await api.staging.newestPackage(app.guid);
  if (newest === undefined) {
    const reason = 'nothing was pushed yet.';
    const details = {
      app: app.name,
      reason,
      fix: `Push it: \`sprue push ${app.name}\`.`,
      older: '',
    };
    throw new SprueError('APP_UNHEALTHY', details);
  }
  if (await api.staging.stagedDroplet(newest.guid)) return undefined;
  return progress.step('stage', async step => {
    const staged = await stagePackage(api, app, newest.guid, {
      signal: context.signal,
      print: line => step.print(line),
    });
    return { value: staged.dropletGuid, detail: staged.buildpacks.join(', ') };
  });
}
