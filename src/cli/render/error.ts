import { EXIT } from '../../core/error-table.ts';
import { SprueError, toSprueError } from '../../core/errors.ts';
import { foreignText } from './foreign-text.ts';
import type { Output } from './output.ts';

/**
 * Shows what went wrong: what happened and why, what to do next, the code to look up. A detail
 * `lastLines` is the end of an app's log and is shown line by line.
 */
export function renderError(thrown: unknown, output: Output, debug: boolean): void {
  const error = toSprueError(thrown);
  if (output.json) {
    output.rawNote(`${JSON.stringify({ error: errorAsJson(error) })}\n`);
  } else {
    const { bad, dim } = output.noteStyle;
    output.note(`${bad('Error:')} ${error.message}`);
    const { lastLines } = error.details;
    if (typeof lastLines === 'string') output.note(dim('       Its last lines:'));
    for (const line of typeof lastLines === 'string' ? lastLines.split('\n') : []) {
      output.note(`       ${dim('│')} ${foreignText(line)}`);
    }
    if (error.next !== '') output.note(`       ${error.next}`);
    if (error.code !== 'USAGE') output.note(dim(`       ${error.code} — sprue help ${error.code}`));
  }
  if (debug) output.rawNote(`${chainOf(thrown)}\n`);
}

export interface ErrorJson {
  readonly code: string;
  readonly message: string;
  readonly next: string;
  readonly exit: number;
  readonly details: Readonly<Record<string, string | number>>;
}

export function errorAsJson(error: SprueError): ErrorJson {
  const { code, message, next, details } = error;
  return { code, message, next, exit: exitCodeOf(error), details };
}

export function exitCodeOf(thrown: unknown): number {
  return thrown instanceof SprueError ? thrown.entry.exit : EXIT.failed;
}

function chainOf(thrown: unknown): string {
  const parts: string[] = [];
  let link = thrown;
  while (link instanceof Error && parts.length < 10) {
    parts.push(link.stack ?? link.message);
    link = link.cause;
  }
  return parts.length === 0 ? String(thrown) : parts.join('\ncaused by ');
}
