import { type SpawnOptions, spawn } from 'node:child_process';
import { SprueError } from '../core/errors.ts';

export interface RunOptions {
  /** Text for the program's standard input; without it, standard input is empty. */
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** The program gets SIGKILL after this time. Default 30 000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Exit codes that are no failure. Default `[0]`. */
  readonly okExitCodes?: readonly number[];
}

export interface RunResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

const DEFAULT_TIMEOUT_MS = 30_000;

/**
 * Runs a program to its end. Arguments go to the kernel as a vector: there is no shell.
 * @throws SprueError `COMMAND_MISSING` when the program is not installed, `COMMAND_FAILED` when it
 *   exits with another code than expected, is killed, times out or is aborted.
 */
export async function run(
  argv: readonly [string, ...string[]],
  options: RunOptions = {},
): Promise<RunResult> {
  const [program, ...args] = argv;
  const { timeoutMs = DEFAULT_TIMEOUT_MS, okExitCodes = [0] } = options;
  const spawnOptions: SpawnOptions = {
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    ...(options.env && { env: options.env }),
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    ...(options.signal && { signal: options.signal }),
  };
  const { promise, resolve, reject } = Promise.withResolvers<RunResult>();
  const child = spawn(program, args, spawnOptions);
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
  child.stdin?.on('error', () => {}); // a program that ends early tells by its exit code
  child.stdin?.end(options.input);
  child.once('error', cause => {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') {
      reject(new SprueError('COMMAND_MISSING', { command: program }, { cause }));
    } else {
      reject(commandFailed(argv, cause.message, '', cause));
    }
  });
  child.once('close', (code, signalName) => {
    const result = {
      exitCode: code ?? -1,
      stdout: Buffer.concat(stdout).toString(),
      stderr: Buffer.concat(stderr).toString(),
    };
    if (code !== null && okExitCodes.includes(code)) return resolve(result);
    const outcome = code === null ? `killed by ${signalName}` : `exit status ${code}`;
    reject(commandFailed(argv, outcome, result.stderr || result.stdout));
  });
  return promise;
}

function commandFailed(
  argv: readonly string[],
  outcome: string,
  stderr: string,
  cause?: Error,
): SprueError {
  const details = { command: argv.join(' '), outcome, stderr: stderr.trim() };
  return new SprueError('COMMAND_FAILED', details, cause && { cause });
}
