import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { SprueError } from '../core/errors.ts';

/** The descriptor on which a launched program reports; tell it by its own option or variable. */
export const REPORT_FD = 3;

export interface LaunchOptions {
  readonly env: Readonly<Record<string, string>>;
  /** Where it stays, and leaves what it writes without a path. */
  readonly cwd: string;
  /** How long the program may take to report. */
  readonly timeoutMs: number;
}

/**
 * Starts a program that goes into the background by itself, and waits for the one line that it
 * writes to descriptor {@link REPORT_FD}. It goes on when the caller dies.
 * @returns the line, without its end.
 * @throws SprueError `COMMAND_MISSING`; `COMMAND_FAILED` when it ends or the time is up without a report.
 */
export async function launch(
  argv: readonly [string, ...string[]],
  options: LaunchOptions,
): Promise<string> {
  const [program, ...args] = argv;
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const child = spawn(program, args, {
    detached: true, // Ctrl-C at the caller's terminal is not for it
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    env: options.env,
    cwd: options.cwd,
  });
  let stderr = '';
  let line = '';
  const fail = (outcome: string) =>
    reject(
      new SprueError('COMMAND_FAILED', { command: argv.join(' '), outcome, stderr: stderr.trim() }),
    );
  child.once('error', cause =>
    reject(new SprueError('COMMAND_MISSING', { command: program }, { cause })),
  );
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const report = child.stdio[REPORT_FD] as Readable | null | undefined;
  report?.setEncoding('utf8').on('data', (text: string) => {
    line += text;
    const end = line.indexOf('\n');
    if (end !== -1) resolve(line.slice(0, end));
  });
  child.once('close', () => fail('it ended without a report'));
  const timer = setTimeout(() => fail('no report in time'), options.timeoutMs);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    report?.destroy();
    child.stderr?.destroy();
    child.unref();
  }
}
