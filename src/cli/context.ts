import { createInterface } from 'node:readline/promises';
import { SprueError } from '../core/errors.ts';
import type { Api } from './api/api.ts';
import type { CommandSpec } from './command-spec.ts';
import type { Target } from './config/config-file.ts';
import { sprueHome } from './config/config-file.ts';
import type { Place } from './place.ts';
import type { Output } from './render/output.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface ContextOptions {
  readonly output: Output;
  readonly env: Environment;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  readonly debug: boolean;
  /** Whether somebody can be asked: stdin and stderr are terminals. */
  readonly interactive: boolean;
  /** All commands, those of the platform too: for help and completion. */
  readonly commands: readonly CommandSpec[];
}

/** What a command works with. The client and the configuration are loaded when first needed. */
export class CliContext implements AsyncDisposable {
  readonly output: Output;
  readonly env: Environment;
  readonly signal: AbortSignal;
  readonly debug: boolean;
  readonly interactive: boolean;
  readonly commands: readonly CommandSpec[];
  /** `$SPRUE_HOME` */
  readonly home: string;
  /** What goes on when Ctrl-C ends the command; set by commands that leave work behind. */
  goesOn = '';
  readonly #cleanups: (() => void)[] = [];
  #target: Promise<Target> | undefined;
  #api: Promise<Api> | undefined;
  #place: Promise<Place> | undefined;

  constructor(options: ContextOptions) {
    this.output = options.output;
    this.env = options.env;
    this.signal = options.signal;
    this.debug = options.debug;
    this.interactive = options.interactive;
    this.commands = options.commands;
    this.home = sprueHome(options.env);
  }

  /** @throws SprueError `NOT_TARGETED` */
  target(): Promise<Target> {
    this.#target ??= import('./connect.ts').then(module => module.loadTarget(this));
    return this.#target;
  }

  /** The API of the target, with a login. */
  api(): Promise<Api> {
    this.#api ??= import('./connect.ts').then(module => module.connectApi(this));
    return this.#api;
  }

  /** The targeted org and space. @throws SprueError `NO_SPACE_TARGETED`, `NO_SUCH` */
  place(): Promise<Place> {
    this.#place ??= import('./place.ts').then(module => module.findPlace(this));
    return this.#place;
  }

  /** Asks before something is destroyed. @throws SprueError `CONFIRMATION_NEEDED` without a terminal */
  async confirm(action: string): Promise<boolean> {
    if (!this.interactive) throw new SprueError('CONFIRMATION_NEEDED', { action });
    const answer = await this.ask(`Really ${action}? [yN] `);
    return /^y(es)?$/i.test(answer.trim());
  }

  async ask(question: string): Promise<string> {
    const reader = createInterface({ input: process.stdin, output: process.stderr });
    try {
      return await reader.question(question, { signal: this.signal });
    } finally {
      reader.close();
    }
  }

  /** Runs when the command has ended. */
  onEnd(cleanup: () => void): void {
    this.#cleanups.push(cleanup);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const cleanup of this.#cleanups.splice(0)) cleanup();
  }
}
