import { type ErrorDetails, SprueError } from '../../core/errors.ts';
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
    ...lastWords(failure),
  };
  const { listenProblem } = failure;
  if (listenProblem)
    return new SprueError(listenProblem.code, { ...facts, text: listenProblem.text });
  const reason = `instance ${failure.index}${typeText(failure)}: ${failure.reason.replace(/\.$/, '')}.`;
  const fix = /insufficient resources/i.test(failure.reason)
    ? 'Ask for less with `sprue scale`; `sprue status` shows what is promised.'
    : `\`sprue logs ${app} --recent\` shows all that it said.`;
  return new SprueError('APP_UNHEALTHY', { ...facts, reason, fix });
}

export function olderText(olderServes: boolean): string {
  return olderServes ? ' The version that ran before keeps serving.' : '';
}

/** What a crashed instance left: shown with the error. */
export function lastWords(failure: StartFailure): ErrorDetails {
  return {
    ...(failure.exitStatus !== undefined && { exitStatus: failure.exitStatus }),
    ...(failure.lastLines.length > 0 && { lastLines: failure.lastLines.join('\n') }),
  };
}

function typeText(failure: StartFailure): string {
  return failure.processType === 'web' ? '' : ` of ${failure.processType}`;
}
