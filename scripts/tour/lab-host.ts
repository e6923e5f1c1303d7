import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../src/exec/run.ts';

const root = join(import.meta.dirname, '..', '..');
const TIMEOUT_MS = 120_000;

/** One lab, driven as a person drives it. Commands are words with single blanks: no shell reads them. */
export class LabHosts {
  readonly #name: string;
  readonly #signal: AbortSignal | undefined;

  /** @param signal ends the command that runs, and any but `down` */
  constructor(name: string, { signal }: { readonly signal?: AbortSignal } = {}) {
    this.#name = name;
    this.#signal = signal;
  }

  /** @returns its stdout. @throws SprueError `COMMAND_FAILED` */
  async exec(host: string, command: string): Promise<string> {
    const where = ['lab', 'exec', '--name', this.#name, host, '--'];
    return this.#sprue([...where, ...command.split(' ')], this.#signal);
  }

  /** The command as one would type it at that host, and what it printed. */
  async show(host: string, command: string, trim = asIs): Promise<string> {
    return shown(host, command, trim(await this.exec(host, command)));
  }

  async up(): Promise<void> {
    const shape = ['--routers', '2', '--deas', '3'];
    await this.#sprue(['lab', 'up', '--name', this.#name, ...shape], this.#signal);
  }

  /** Also of a lab that is half there. */
  async down(): Promise<void> {
    await this.#sprue(['lab', 'down', '--name', this.#name]);
  }

  async #sprue(args: readonly string[], signal?: AbortSignal): Promise<string> {
    const env = { PATH: process.env['PATH'] ?? '', HOME: tmpdir(), NO_COLOR: '1' };
    const options = { env, cwd: root, timeoutMs: TIMEOUT_MS, ...(signal && { signal }) };
    const { stdout } = await run([join(root, 'bin', 'sprue'), ...args], options);
    return stdout;
  }
}

/** A command and its output, as in a terminal; tabs and trailing blanks are not worth showing. */
export function shown(host: string, command: string, output: string): string {
  const lines = output.replaceAll('\t', '  ').split('\n');
  const text = lines.map(line => line.trimEnd()).filter(line => line !== '');
  return [`${host}$ ${command}`, ...text].join('\n');
}

function asIs(output: string): string {
  return output;
}
