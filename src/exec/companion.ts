import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { SprueError } from '../core/errors.ts';

export interface CompanionOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A process that answers each line with a line; for work that must be done in another namespace. */
export class Companion implements AsyncDisposable {
  readonly #child: ReturnType<typeof spawnPiped>;
  readonly #lines: AsyncIterator<string>;
  readonly #command: string;
  #stderr = '';

  /** It dies with its input: when this process ends, however it ends. */
  constructor(argv: readonly [string, ...string[]], { env }: CompanionOptions) {
    this.#command = argv.join(' ');
    this.#child = spawnPiped(argv, env);
    this.#child.on('error', error => {
      this.#stderr = error.message;
    });
    this.#child.stdin.on('error', () => {}); // told by the missing answer
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-1_000);
    });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** One question at a time. @throws SprueError `COMMAND_FAILED` when it ends instead of answering */
  async ask(line: string, signal?: AbortSignal): Promise<string> {
    const stop = () => this.#child.kill('SIGKILL');
    signal?.addEventListener('abort', stop, { once: true });
    try {
      this.#child.stdin.write(`${line}\n`);
      const { value, done } = await this.#lines.next();
      signal?.throwIfAborted();
      if (done !== true) return value;
      const outcome = 'it ended without an answer';
      const stderr = this.#stderr.trim();
      throw new SprueError('COMMAND_FAILED', { command: this.#command, outcome, stderr });
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { exitCode, signalCode, pid } = this.#child;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }
}

function spawnPiped(
  [program, ...args]: readonly [string, ...string[]],
  env: Readonly<Record<string, string | undefined>>,
) {
  return spawn(program, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
}
