import { reasonOf } from '../../core/errors.ts';
import { run } from '../../exec/run.ts';
import { which } from '../../exec/which.ts';
import type { Evidence } from '../../proto/trace.ts';

const TIMEOUT_MS = 2_000;
const MAX_TEXT = 20_000;

/** What a program answered, ready for `--raw`. */
export interface Answer extends Evidence {
  readonly ok: boolean;
}

/**
 * Runs a program that only looks. A failure is an answer, too: its words are the text.
 * @param shown the command as a person would type it, when that differs
 */
export async function ask(argv: readonly [string, ...string[]], shown?: string): Promise<Answer> {
  const [program, ...args] = argv;
  const source = (shown ?? argv.join(' ')).slice(0, 1_000);
  try {
    const command = [which(program) ?? program, ...args] as const;
    const { stdout } = await run(command, { timeoutMs: TIMEOUT_MS });
    return { ok: true, source, text: stdout.trim().slice(0, MAX_TEXT) };
  } catch (thrown) {
    return { ok: false, source, text: reasonOf(thrown).slice(0, MAX_TEXT) };
  }
}

/** Without what is only ours. */
export function evidence(...answers: readonly (Answer | undefined)[]): Evidence[] {
  return answers.flatMap(answer => (answer ? [{ source: answer.source, text: answer.text }] : []));
}
