import { CommanderError } from 'commander';
import { EXIT } from '../core/error-table.ts';
import { SprueError } from '../core/errors.ts';
import { allCommands, buildProgram, type ParsedInvocation, usageError } from './build-program.ts';
import type { CommandSpec } from './command-spec.ts';
import { CliContext, type Environment } from './context.ts';
import { isPassing } from './poll-patiently.ts';
import { exitCodeOf, renderError } from './render/error.ts';
import { Output, type Sink } from './render/output.ts';
import { chooseStyle } from './render/style.ts';

export interface RunCliOptions {
  /** Commands of the platform (`up`, `down`, `doctor`, …), added to the command line's own. */
  readonly commands?: readonly CommandSpec[];
  readonly env?: Environment;
  readonly stdout?: Sink;
  readonly stderr?: Sink;
  /** Whether somebody is there to answer questions. Default: stdin and stderr are terminals. */
  readonly interactive?: boolean;
  /** Stands for Ctrl-C; without it the process's SIGINT and SIGTERM do. */
  readonly signal?: AbortSignal;
}

/**
 * Runs one command line (without the program's name).
 * @returns the exit code: one of `EXIT`. It throws nothing and never exits the process, except on a
 *   second Ctrl-C.
 */
export async function runCli(
  argv: readonly string[],
  options: RunCliOptions = {},
): Promise<number> {
  const output = createOutput(argv, options);
  const debug = argv.includes('--debug');
  if (options.stdout === undefined) surviveClosedPipe();
  const commands = allCommands(options.commands);
  let exitCode: number = EXIT.ok;
  const program = buildProgram({
    commands,
    write: text => output.raw(text),
    dispatch: async (spec, invocation) => {
      exitCode = await execute(spec, invocation, output, options);
    },
  });
  try {
    await program.parseAsync(normalizeArgv(argv), { from: 'user' });
    return exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return EXIT.ok;
    const error = thrown instanceof CommanderError ? usageError(thrown, commands, argv) : thrown;
    renderError(error, output, debug);
    return exitCodeOf(error);
  }
}

async function execute(
  spec: CommandSpec,
  invocation: ParsedInvocation,
  output: Output,
  options: RunCliOptions,
): Promise<number> {
  using interrupt = spec.signals === 'own' ? noInterrupt() : listenForInterrupt(options.signal);
  await using context = new CliContext({
    output,
    env: options.env ?? process.env,
    signal: interrupt.signal,
    debug: invocation.options.flag('debug'),
    commands: allCommands(options.commands),
    interactive:
      options.interactive ?? (process.stdin.isTTY === true && process.stderr.isTTY === true),
  });
  try {
    const module = await spec.load();
    return await module.run({ ...invocation, context });
  } catch (thrown) {
    if (!interrupt.signal.aborted) {
      if (context.goesOn !== '' && isPassing(thrown)) output.note(context.goesOn);
      throw thrown;
    }
    const goesOn = context.goesOn === '' ? '' : ` ${context.goesOn}`;
    throw new SprueError('INTERRUPTED', { goesOn }, { cause: thrown });
  }
}

interface Interrupt extends Disposable {
  readonly signal: AbortSignal;
}

function noInterrupt(): Interrupt {
  return { signal: new AbortController().signal, [Symbol.dispose]() {} };
}

/** The first Ctrl-C ends the command in good order, the second at once. */
function listenForInterrupt(given: AbortSignal | undefined): Interrupt {
  if (given) return { signal: given, [Symbol.dispose]() {} };
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    controller.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}

function createOutput(argv: readonly string[], options: RunCliOptions): Output {
  const { stdout = process.stdout, stderr = process.stderr, env = process.env } = options;
  const ended = argv.indexOf('--');
  const flags = new Set(ended < 0 ? argv : argv.slice(0, ended));
  const style = (sink: Sink) =>
    chooseStyle({
      isTerminal: sink.isTTY === true,
      noColorFlag: flags.has('--no-color'),
      env,
    });
  return new Output({
    stdout,
    stderr,
    stdoutStyle: style(stdout),
    stderrStyle: style(stderr),
    json: flags.has('--json'),
    dumb: env['TERM'] === 'dumb',
  });
}

function normalizeArgv(argv: readonly string[]): readonly string[] {
  const [first] = argv;
  if (first === undefined || first === '-h') return ['--help'];
  if (first === '-v' || first === '-V' || first === '--version') return ['version'];
  return argv;
}

/** `sprue logs app -f | head` ends the reader first; that is no error of ours. */
function surviveClosedPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.failed);
    });
  }
}
