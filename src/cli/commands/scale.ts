import { EXIT } from '../../core/error-table.ts';
import { parseSizeMib } from '../../core/size.ts';
import type { ProcessScale } from '../../proto/v3/process.ts';
import { appSummaryAsJson, loadAppSummary, renderAppSummary } from '../app-summary.ts';
import type { Invocation } from '../command-spec.ts';
import type { CliContext } from '../context.ts';
import { findApp } from '../find-app.ts';
import type { OptionValues } from '../option-values.ts';
import { deployRolling, untilUp } from '../push/start-app.ts';
import { Progress } from '../render/progress.ts';

export async function run({ args, options, context }: Invocation): Promise<number> {
  const app = await findApp(context, args[0] ?? '');
  const scale = scaleOf(options);
  if (Object.keys(scale).length > 0) {
    const api = await context.api();
    const progress = new Progress(context.output);
    const tools = { context, api, progress };
    // Limits take hold of an instance when it starts: running ones are replaced, without a gap.
    const replaces = scale.memory_in_mb !== undefined || scale.disk_in_mb !== undefined;
    const started = app.state === 'STARTED';
    await progress.step('scale', async step => {
      await api.apps.scale(app.guid, options.text('process') ?? 'web', scale);
      context.goesOn = `Scaling goes on; \`sprue app ${app.name}\` shows it.`;
      const detail = started && !replaces ? await untilUp(app, step, tools) : '';
      return { value: undefined, detail };
    });
    if (started && replaces) await deployRolling(app, undefined, tools);
  }
  await show(context, app.guid);
  return EXIT.ok;
}

async function show(context: CliContext, guid: string): Promise<void> {
  const summary = await loadAppSummary(context, guid);
  if (context.output.json) context.output.value(appSummaryAsJson(summary));
  else renderAppSummary(summary, context.output);
}

function scaleOf(options: OptionValues): ProcessScale {
  const instances = options.integer('instances');
  const memory = options.text('memory');
  const disk = options.text('disk');
  return {
    ...(instances !== undefined && { instances }),
    ...(memory !== undefined && { memory_in_mb: parseSizeMib(memory) }),
    ...(disk !== undefined && { disk_in_mb: parseSizeMib(disk) }),
  };
}
