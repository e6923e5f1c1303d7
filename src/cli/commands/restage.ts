import { EXIT } from '../../core/error-table.ts';
import { SprueError } from '../../core/errors.ts';
import { loadAppSummary, renderAppSummary } from '../app-summary.ts';
import type { Invocation } from '../command-spec.ts';
import { findApp } from '../find-app.ts';
import { stagePackage } from '../push/stage-package.ts';
import { deployRolling, startStopped, stopAndStart } from '../push/start-app.ts';
import { Progress } from '../render/progress.ts';

export async function run({ args, options, context }: Invocation): Promise<number> {
  const app = await findApp(context, args[0] ?? '');
  const api = await context.api();
  const progress = new Progress(context.output);
  const tools = { context, api, progress };
  const newest = await api.staging.newestPackage(app.guid);
  if (newest === undefined) {
    const list = `\`sprue push ${app.name}\` uploads one.`;
    throw new SprueError('NO_SUCH', {
      kind: 'package',
      name: 'newest',
      where: ` of ${app.name}`,
      suggestion: '',
      list,
    });
  }
  context.goesOn = `What has begun goes on; \`sprue app ${app.name}\` shows it.`;
  const gently = app.state === 'STARTED' && !options.negated('rolling');
  const droplet = await progress.step('stage', async step => {
    const staged = await stagePackage(api, app, newest.guid, {
      signal: context.signal,
      print: line => step.print(line),
    });
    return { value: staged.dropletGuid, detail: staged.buildpacks.join(', ') };
  });
  if (gently) await deployRolling(app, droplet, tools);
  else if (app.state === 'STARTED') await stopAndStart(app, droplet, tools);
  else await startStopped(app, droplet, tools);
  renderAppSummary(await loadAppSummary(context, app.guid), context.output);
  return EXIT.ok;
}
