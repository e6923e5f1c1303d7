import { stat } from 'node:fs/promises';
import { EXIT } from '../../core/error-table.ts';
import { appSummaryAsJson, loadAppSummary, renderAppSummary } from '../app-summary.ts';
import type { Invocation } from '../command-spec.ts';
import type { CliContext } from '../context.ts';
import { loadManifest } from '../push/load-manifest.ts';
import { type AppPush, planPush } from '../push/plan-push.ts';
import { manifestText, pushApps } from '../push/push-apps.ts';
import { pushFlags } from '../push/push-flags.ts';
import type { PushState } from '../push/push-step.ts';
import { formatElapsed } from '../render/duration.ts';
import { Progress } from '../render/progress.ts';

export async function run({ args, options, context }: Invocation): Promise<number> {
  const startedMs = performance.now();
  const { name, directory } = await splitArgument(args[0]);
  const manifest = options.negated('manifest')
    ? undefined
    : await loadManifest({
        directory,
        file: options.text('manifest'),
        variables: options.list('var'),
        variableFiles: options.list('varsFile'),
      });
  const plan = planPush({
    directory,
    ...(name !== undefined && { name }),
    ...(manifest && { manifest }),
    flags: pushFlags(options),
  });
  if (options.flag('dryRun')) {
    context.output.raw(manifestText(plan));
    return EXIT.ok;
  }
  const start = !options.negated('start');
  announce(plan, manifest?.file, context);
  const [api, place] = [await context.api(), await context.place()];
  const done = await pushApps(plan, {
    context,
    api,
    place,
    progress: new Progress(context.output),
    options: { start, strategy: options.text('strategy') === 'restart' ? 'restart' : 'rolling' },
  });
  await report(done, { context, elapsedMs: performance.now() - startedMs, started: start });
  return EXIT.ok;
}

/** `sprue push examples/hello-node` and `sprue push .` name a directory, all else an app. */
async function splitArgument(
  argument: string | undefined,
): Promise<{ readonly name: string | undefined; readonly directory: string }> {
  if (argument === undefined) return { name: undefined, directory: '.' };
  const isPath = argument.includes('/') || argument === '.' || argument === '..';
  const info = isPath ? await stat(argument).catch(() => undefined) : undefined;
  if (isPath && (info === undefined || info.isDirectory())) {
    return { name: undefined, directory: argument };
  }
  return { name: argument, directory: '.' };
}

function announce(
  plan: readonly AppPush[],
  file: string | undefined,
  { output }: CliContext,
): void {
  const names = plan.map(({ name }) => output.noteStyle.bold(name)).join(', ');
  const from = file === undefined ? `${plan[0]?.sourcePath}, without a manifest` : file;
  output.note(`Pushing ${names} from ${from}`);
}

interface ReportOptions {
  readonly context: CliContext;
  readonly elapsedMs: number;
  readonly started: boolean;
}

async function report(
  done: readonly PushState[],
  { context, elapsedMs, started }: ReportOptions,
): Promise<void> {
  const { output } = context;
  const summaries = await Promise.all(done.map(({ app }) => loadAppSummary(context, app.guid)));
  if (output.json) {
    output.value({
      elapsed_ms: Math.round(elapsedMs),
      apps: summaries.map((summary, index) => ({
        ...appSummaryAsJson(summary),
        check: checkAsJson(done[index]),
      })),
    });
    return;
  }
  for (const summary of summaries) {
    output.line();
    renderAppSummary(summary, output);
  }
  for (const state of done) warnOfAnswer(state, context);
  output.note();
  output.note(`Done in ${formatElapsed(elapsedMs)}. Next:`);
  const name = done[0]?.app.name ?? '';
  const { dim } = output.noteStyle;
  if (!started) {
    output.note(`  sprue start ${name}`);
    return;
  }
  output.note(`  sprue logs ${name}          ${dim('what it says')}`);
  output.note(`  sprue scale ${name} -i 2    ${dim('one more of it')}`);
  output.note(`  sprue app ${name}           ${dim('how it is, and where')}`);
}

/** The app is up and listens; what it answers is its own affair, but worth a look. */
function warnOfAnswer({ answer, app }: PushState, { output }: CliContext): void {
  const { warn } = output.noteStyle;
  if (answer?.kind === 'none') {
    output.note(warn(`\n${app.name} is up, but its URL did not answer: ${answer.reason}.`));
  } else if (answer && answer.status >= 500) {
    const by =
      answer.routerError === undefined ? 'its own answer' : `of the router: ${answer.routerError}`;
    output.note(
      warn(`\n${app.name} is up, but its URL answers with status ${answer.status} (${by}).`),
    );
    output.note(`\`sprue logs ${app.name} --recent\` may say why.`);
  }
}

function checkAsJson(state: PushState | undefined): object | null {
  if (state?.answer === undefined) return null;
  const { url, answer } = state;
  if (answer.kind === 'none') return { url, status: null, reason: answer.reason };
  return {
    url,
    status: answer.status,
    router_error: answer.routerError ?? null,
    elapsed_ms: Math.round(answer.elapsedMs),
  };
}
