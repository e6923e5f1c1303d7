import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CommandSpec } from '../command-spec.ts';
import { runCli } from '../program.ts';
import type { Sink } from '../render/output.ts';

/** A stream that remembers what was written to it. */
export class Capture implements Sink {
  readonly isTTY: boolean;
  readonly columns = 100;
  text = '';

  constructor(isTTY = false) {
    this.isTTY = isTTY;
  }

  write(text: string): void {
    this.text += text;
  }
}

export interface CliRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly commands?: readonly CommandSpec[];
}

/** Runs one command line in this process, with an environment of its own and nobody to ask. */
export async function runCaptured(argv: readonly string[], options: RunOptions): Promise<CliRun> {
  const [stdout, stderr] = [new Capture(), new Capture()];
  const { env, commands, signal = new AbortController().signal } = options;
  const exitCode = await runCli(argv, {
    env,
    stdout,
    stderr,
    signal,
    interactive: false,
    ...(commands && { commands }),
  });
  return { exitCode, stdout: stdout.text, stderr: stderr.text };
}

export interface TemporaryDirectory extends AsyncDisposable {
  readonly path: string;
}

export async function temporaryDirectory(): Promise<TemporaryDirectory> {
  const path = await mkdtemp(join(tmpdir(), 'sprue-cli-test-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
