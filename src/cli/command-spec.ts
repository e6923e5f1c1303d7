import type { CliContext } from './context.ts';
import type { OptionValues } from './option-values.ts';

/** Headings of `sprue --help`, in this order. */
export const COMMAND_GROUPS = [
  'Platform',
  'Apps',
  'Look',
  'Environment',
  'Routes and domains',
  'Account',
  'More',
] as const;
export type CommandGroup = (typeof COMMAND_GROUPS)[number];

/** First words of commands of two words, with what `sprue --help` says about all of them. */
export const COMMAND_FAMILIES: Readonly<Record<string, string>> = {
  'floating-ip': 'External addresses, and the routers that they lead to',
  lab: 'Several hosts on this one machine, to learn and to test with',
};

/** What shell completion offers for an argument or an option's value. */
export type Completion =
  | 'app'
  | 'domain'
  | 'route'
  | 'space'
  | 'org'
  | 'floating-ip'
  | 'file'
  | 'directory';

export interface ArgumentSpec {
  /** As commander writes it: `<app>`, `[app]`, `<name...>`. */
  readonly name: string;
  readonly description: string;
  readonly completion?: Completion;
}

export interface OptionSpec {
  /** As commander writes it: `-i, --instances <n>`. */
  readonly flags: string;
  readonly description: string;
  readonly choices?: readonly string[];
  /** May be given several times; its value is then a list. */
  readonly repeatable?: boolean;
  readonly completion?: Completion;
}

/**
 * One verb of the command line, as data. What it does is imported only when it is called, so that
 * help and completion stay fast however many verbs there are.
 */
export interface CommandSpec {
  /** One word, or two when the first is one of {@link COMMAND_FAMILIES}. */
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly summary: string;
  readonly group: CommandGroup;
  readonly arguments?: readonly ArgumentSpec[];
  readonly options?: readonly OptionSpec[];
  /** Has `--json`. Every command that only reads has it. */
  readonly json?: boolean;
  /** Commands to copy, shown first in the help. */
  readonly examples?: readonly string[];
  /** What else one should know, shown last in the help. */
  readonly details?: string;
  /** `own`: the command handles SIGINT and SIGTERM itself; else Ctrl-C aborts the context's signal. */
  readonly signals?: 'own';
  readonly hidden?: boolean;
  load(): Promise<CommandModule>;
}

export interface CommandModule {
  /** @returns the exit code: one of `EXIT`. @throws SprueError */
  run(invocation: Invocation): Promise<number>;
}

export interface Invocation {
  readonly args: readonly (string | undefined)[];
  readonly options: OptionValues;
  readonly context: CliContext;
}
