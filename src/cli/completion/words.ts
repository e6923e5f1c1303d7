import { COMMAND_FAMILIES, type CommandSpec, type Completion } from '../command-spec.ts';

/** A command as completion sees it. */
export interface CommandWords {
  /** One word, or two. */
  readonly name: string;
  readonly summary: string;
  readonly flags: readonly {
    readonly name: string;
    readonly description: string;
    readonly takesValue: boolean;
  }[];
  readonly argument: Completion | undefined;
}

/** What can be completed, by command; aliases and hidden commands are left out. */
export function completionWords(commands: readonly CommandSpec[]): readonly CommandWords[] {
  return commands
    .filter(({ hidden }) => hidden !== true)
    .map(spec => ({
      name: spec.name,
      summary: spec.summary,
      argument: spec.arguments?.find(({ completion }) => completion !== undefined)?.completion,
      flags: [
        ...(spec.options ?? []).map(({ flags, description }) => ({
          name: /--[\w-]+/.exec(flags)?.[0] ?? flags,
          description,
          takesValue: flags.includes('<'),
        })),
        ...(spec.json
          ? [{ name: '--json', description: 'print one JSON value', takesValue: false }]
          : []),
        { name: '--help', description: 'show help', takesValue: false },
      ],
    }));
}

/** The first words of commands: each once, also where several commands share it. */
export function firstWords(
  commands: readonly CommandWords[],
): readonly { readonly name: string; readonly summary: string }[] {
  const words = new Map<string, string>();
  for (const { name, summary } of commands) {
    const [first = ''] = name.split(' ');
    words.set(first, first === name ? summary : (COMMAND_FAMILIES[first] ?? ''));
  }
  return [...words].map(([name, summary]) => ({ name, summary }));
}

/** Commands of two words, with the second one as their name, by their first. */
export function families(
  commands: readonly CommandWords[],
): ReadonlyMap<string, readonly CommandWords[]> {
  const found = new Map<string, CommandWords[]>();
  for (const command of commands) {
    const [first = '', second] = command.name.split(' ');
    if (second === undefined) continue;
    found.set(first, [...(found.get(first) ?? []), { ...command, name: second }]);
  }
  return found;
}
