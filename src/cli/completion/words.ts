import type { CommandSpec, Completion } from '../command-spec.ts';

/** A command as completion sees it. */
export interface CommandWords {
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

/** Commands of two words, such as `lab up`: the second words by the first. */
export function groupsOf(words: readonly CommandWords[]): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, readonly string[]>();
  for (const { name } of words) {
    const [first = '', second] = name.split(' ');
    if (second !== undefined) groups.set(first, [...(groups.get(first) ?? []), second]);
  }
  return groups;
}
