import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { SprueError } from '../core/errors.ts';

export interface DaemonOptions {
  /** Standard output and error are appended here, so that the program outlives its parent. */
  readonly logFile: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/**
 * Starts a program in a session of its own: it goes on when the caller dies, even by SIGKILL.
 * @returns its process id.
 * @throws SprueError `COMMAND_MISSING`
 */
export async function startDaemon(
  argv: readonly [string, ...string[]],
  options: DaemonOptions,
): Promise<number> {
  const [program, ...args] = argv;
  const log = openSync(options.logFile, 'a', 0o600);
  try {
    const child = spawn(program, args, {
      detached: true,
      stdio: ['ignore', log, log],
      ...(options.env && { env: options.env }),
      ...(options.cwd !== undefined && { cwd: options.cwd }),
    });
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    child.once('error', cause =>
      reject(new SprueError('COMMAND_MISSING', { command: program }, { cause })),
    );
    child.once('spawn', () => resolve(child.pid as number));
    const pid = await promise;
    child.unref();
    return pid;
  } finally {
    closeSync(log);
  }
}
