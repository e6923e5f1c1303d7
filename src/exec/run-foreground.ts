import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { SprueError } from '../core/errors.ts';

/**
 * Runs a program in this process's place, as far as a user can see: same standard streams, same
 * terminal, and the signals that come here are its own.
 * @returns its exit code; 128 plus the signal's number when it was killed.
 * @throws SprueError `COMMAND_MISSING`
 */
export async function runForeground(
  argv: readonly [string, ...string[]],
  options: { readonly env: Readonly<Record<string, string | undefined>> },
): Promise<number> {
  const [program, ...args] = argv;
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const child = spawn(program, args, { stdio: 'inherit', env: options.env });
  const ignore = (): void => {}; // the terminal sends SIGINT to both
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
  process.on('SIGINT', ignore);
  process.on('SIGTERM', forward);
  process.on('SIGHUP', forward);
  child.once('error', cause =>
    reject(new SprueError('COMMAND_MISSING', { command: program }, { cause })),
  );
  child.once('close', (code, signal) =>
    resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
  );
  try {
    return await promise;
  } finally {
    process.off('SIGINT', ignore);
    process.off('SIGTERM', forward);
    process.off('SIGHUP', forward);
  }
}
