import { type Argument, Command, type CommanderError, Option } from 'commander';
import { suggestion } from '../core/did-you-mean.ts';
import { SprueError } from '../core/errors.ts';
import type { CommandSpec, Invocation } from './command-spec.ts';
import { COMMAND_FAMILIES, COMMAND_GROUPS } from './command-spec.ts';
import { OptionValues } from './option-values.ts';
import { CLI_COMMANDS } from './surface/commands.ts';

export interface ProgramOptions {
  readonly commands: readonly CommandSpec[];
  readonly write?: (text: string) => void;
  /** Does what was asked for; called at most once per parse. */
  readonly dispatch: (command: CommandSpec, invocation: ParsedInvocation) => Promise<void>;
}

export interface ParsedInvocation {
  readonly args: Invocation['args'];
  readonly options: OptionValues;
}

/** All commands as commander sees them. It parses and prints help; it never exits the process. */
export function buildProgram(options: ProgramOptions): Command {
  const program = new Command('sprue')
    .usage('COMMAND [options]')
    .description('A small Cloud Foundry for plain Linux machines.')
    .exitOverride()
    .configureOutput({
      writeOut: options.write ?? (text => process.stdout.write(text)),
      writeErr: () => {}, // errors are thrown and rendered once, by runCli
    })
    .configureHelp({
      sortSubcommands: false,
      subcommandTerm: command =>
        [command.name(), ...command.registeredArguments.map(term)].join(' '),
    })
    .helpCommand(false)
    .addHelpText(
      'after',
      '\n`sprue COMMAND --help` begins with examples; `sprue help CODE` explains an error.',
    )
    .option('-v, --version', 'print the version');
  for (const group of COMMAND_GROUPS) {
    for (const spec of options.commands)
      if (spec.group === group) addCommand(program, spec, options);
  }
  return program;
}

/** The commands of the platform and the command line's own; the platform's win where names meet. */
export function allCommands(platform: readonly CommandSpec[] = []): readonly CommandSpec[] {
  const taken = new Set(platform.map(({ name }) => name));
  return [...platform, ...CLI_COMMANDS.filter(({ name }) => !taken.has(name))];
}

function addCommand(program: Command, spec: CommandSpec, options: ProgramOptions): void {
  const [word = '', family] = spec.name.split(' ').reverse();
  const parent = family === undefined ? program : familyOf(program, family, spec);
  const command = parent
    .command(word, spec.hidden === true ? { hidden: true } : {})
    .summary(spec.summary)
    .description(`${spec.summary}.`)
    .helpGroup(`${spec.group}:`)
    .allowExcessArguments(false)
    .showSuggestionAfterError(true);
  for (const alias of spec.aliases ?? []) command.alias(alias);
  for (const { name, description } of spec.arguments ?? []) command.argument(name, description);
  for (const option of optionsOf(spec)) command.addOption(option);
  if (spec.examples) {
    const lines = spec.examples.map(example => `  $ ${example}`);
    command.addHelpText('before', `Examples:\n${lines.join('\n')}\n`);
  }
  if (spec.details !== undefined) command.addHelpText('after', `\n${spec.details}`);
  command.action(async () => {
    const values = new OptionValues(command.opts(), spec.name);
    const args = command.processedArgs.flat() as (string | undefined)[];
    await options.dispatch(spec, { args, options: values });
  });
}

/** The command that holds the commands of two words; called alone it shows them. */
function familyOf(program: Command, name: string, { group }: CommandSpec): Command {
  const present = program.commands.find(command => command.name() === name);
  if (present !== undefined) return present;
  const summary = COMMAND_FAMILIES[name] ?? '';
  const family = program.command(name).summary(summary).description(`${summary}.`);
  family.copyInheritedSettings(program).helpGroup(`${group}:`).helpCommand(false);
  family.allowExcessArguments(true); // what is no command of it is told below
  family.action(() => {
    const [word] = family.args;
    if (word === undefined) return family.help();
    const known = family.commands.map(command => command.name());
    const details = { name: `${name} ${word}`, suggestion: suggestion(word, known) };
    throw new SprueError('UNKNOWN_COMMAND', details);
  });
  return family;
}

function optionsOf(spec: CommandSpec): readonly Option[] {
  const own = (spec.options ?? []).map(option => {
    const made = new Option(option.flags, option.description);
    if (option.choices) made.choices([...option.choices]);
    if (option.repeatable) {
      made.argParser((value: string, before: readonly string[] = []) => [...before, value]);
    }
    return made;
  });
  return [
    ...own,
    ...(spec.json ? [new Option('--json', 'print one JSON value')] : []),
    new Option('--no-color', 'print without colour'),
    new Option('--debug', 'print requests and stack traces'),
  ];
}

/** The error for a parse that commander refused. */
export function usageError(
  error: CommanderError,
  commands: readonly CommandSpec[],
  argv: readonly string[],
): SprueError {
  const unknown = /unknown command '(.*?)'/.exec(error.message)?.[1];
  if (error.code === 'commander.unknownCommand' && unknown !== undefined) {
    const names = commands.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
    return new SprueError('UNKNOWN_COMMAND', {
      name: unknown,
      suggestion: suggestion(unknown, names),
    });
  }
  const text = error.message
    .replace(/^error: /, '')
    .replace(/\n\(Did you mean (.*)\?\)$/s, ' (did you mean $1?)')
    .replace(/\.$/, '');
  return new SprueError('USAGE', {
    reason: text.charAt(0).toUpperCase() + text.slice(1),
    command: commandName(argv, commands),
  });
}

function commandName(argv: readonly string[], commands: readonly CommandSpec[]): string {
  const isCommand = (words: string): boolean => commands.some(({ name }) => name === words);
  const pairs = argv.map((word, index) => `${word} ${argv[index + 1] ?? ''}`);
  return pairs.find(isCommand) ?? argv.find(isCommand) ?? '';
}

function term(argument: Argument): string {
  return argument.required ? `<${argument.name()}>` : `[${argument.name()}]`;
}
