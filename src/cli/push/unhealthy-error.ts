import { SprueError } from '../../core/errors.ts';
import type { StartFailure } from './judge-start.ts';

/** The error of an app that does not run as it should. */
export function unhealthyError(
  app: string,
  failure: StartFailure,
  options: { readonly olderServes: boolean },
): SprueError {
  const older = olderText(options.olderServes);
  const facts = {
    app,
    older,
    instance: failure.index,
    process: failure.processType,
    ...(failure.exitStatus !== undefined && { exitStatus: failure.exitStatus }),
    ...(failure.lastLines.length > 0 && { lastLines: failure.lastLines.join('\n') }),
  };
  const { listenProblem } = failure;
  if (listenProblem)
    return new SprueError(listenProblem.code, { ...facts, text: listenProblem.text });
  const reason = `instance ${failure.index}${typeText(failure)}: ${failure.reason.replace(/\.$/, '')}.`;
  const fix = `\`sprue logs ${app} --recent\` shows all that it said.`;
  return new SprueError('APP_UNHEALTHY', { ...facts, reason, fix });
}

export function olderText(olderServes: boolean): string {
  return olderServes ? ' The version that ran before keeps serving.' : '';
}

/** The crashed instance's last words, to be shown before the error. */
export function lastLinesText(failure: StartFailure): readonly string[] {
  if (failure.lastLines.length === 0) return [];
  const status = failure.exitStatus === undefined ? '' : `, exit status ${failure.exitStatus}`;
  const title = `last lines of instance ${failure.index}${typeText(failure)}${status}:`;
  return [title, ...failure.lastLines.map(line => `  │ ${line}`)];
}

function typeText(failure: StartFailure): string {
  return failure.processType === 'web' ? '' : ` of ${failure.processType}`;
}
