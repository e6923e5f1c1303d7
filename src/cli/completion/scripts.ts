import type { CommandSpec } from '../command-spec.ts';
import { type CommandWords, completionWords, families, firstWords } from './words.ts';

type Script = (commands: readonly CommandSpec[]) => string;

/** Completion scripts by shell. */
export const COMPLETION_SCRIPTS: ReadonlyMap<string, Script> = new Map<string, Script>([
  ['bash', commands => bashScript(completionWords(commands))],
  ['zsh', commands => zshScript(completionWords(commands))],
  ['fish', commands => fishScript(completionWords(commands))],
]);

function bashScript(words: readonly CommandWords[]): string {
  const cases = words.map(({ name, flags, argument }) => {
    const names = flags.map(flag => flag.name).join(' ');
    return `    ${quote(name)}) flags='${names}'; kind='${argument ?? ''}' ;;`;
  });
  const seconds = [...families(words)].map(
    ([first, members]) => `    ${first}) words='${members.map(({ name }) => name).join(' ')}' ;;`,
  );
  return `# bash completion of sprue: source <(sprue completion bash)
_sprue() {
  local word=\${COMP_WORDS[COMP_CWORD]} command=\${COMP_WORDS[1]} flags='' kind='' words=''
  if (( COMP_CWORD == 1 )); then
    mapfile -t COMPREPLY < <(compgen -W '${firstWords(words)
      .map(({ name }) => name)
      .join(' ')}' -- "$word")
    return
  fi
  case $command in
${seconds.join('\n')}
  esac
  if [[ -n $words ]]; then
    if (( COMP_CWORD == 2 )); then
      mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
      return
    fi
    command="$command \${COMP_WORDS[2]}"
  fi
  case $command in
${cases.join('\n')}
  esac
  if [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$flags" -- "$word")
    return
  fi
  case $kind in
    '' | file | directory) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    *) words=$(sprue complete "$kind" 2>/dev/null)
       mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word") ;;
  esac
}
complete -o filenames -F _sprue sprue
`;
}

function zshScript(words: readonly CommandWords[]): string {
  const described = ({ name, summary }: { name: string; summary: string }) =>
    `    ${quote(`${name}:${summary.replaceAll(':', ' -')}`)}`;
  const commands = firstWords(words).map(described);
  const seconds = [...families(words)].map(
    ([first, members]) =>
      `    ${first}) commands=(\n${members.map(described).join('\n')}\n    ) ;;`,
  );
  const cases = words.map(({ name, flags, argument }) => {
    const specs = flags.map(flag => {
      const description = flag.description.replace(/[[\]:]/g, ' ');
      return quote(`${flag.name}[${description}]${flag.takesValue ? ':value:_files' : ''}`);
    });
    return `    ${quote(name)}) _arguments ${[...specs, quote(zshArgument(argument))].join(' ')} ;;`;
  });
  return `#compdef sprue
# zsh completion of sprue: sprue completion zsh > "\${fpath[1]}/_sprue"
_sprue_names() {
  local -a names
  names=(\${(f)"$(sprue complete $1 2>/dev/null)"})
  compadd -a names
}
_sprue() {
  local -a commands
  commands=(
${commands.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  commands=()
  case $command in
${seconds.join('\n')}
  esac
  if (( $#commands )); then
    if (( CURRENT == 2 )); then
      _describe command commands
      return
    fi
    command="$command $words[2]"
    shift words
    (( CURRENT-- ))
  fi
  case $command in
${cases.join('\n')}
  esac
}
compdef _sprue sprue
`;
}

function zshArgument(kind: CommandWords['argument']): string {
  if (kind === undefined || kind === 'file') return '*:argument:_files';
  return kind === 'directory' ? '*:argument:_files -/' : `*:${kind}:_sprue_names ${kind}`;
}

function fishScript(words: readonly CommandWords[]): string {
  const lines = [
    ...firstWords(words).map(
      ({ name, summary }) =>
        `complete -c sprue -n __fish_use_subcommand -f -a ${name} -d ${quote(summary)}`,
    ),
    ...[...families(words)].flatMap(([first, members]) => {
      const names = members.map(({ name }) => name).join(' ');
      const open = `__fish_seen_subcommand_from ${first}; and not __fish_seen_subcommand_from ${names}`;
      return members.map(
        ({ name, summary }) =>
          `complete -c sprue -n ${quote(open)} -f -a ${name} -d ${quote(summary)}`,
      );
    }),
    ...words.flatMap(fishArguments),
  ];
  return `# fish completion of sprue: sprue completion fish > ~/.config/fish/completions/sprue.fish\n${lines.join('\n')}\n`;
}

function fishArguments({ name, flags, argument }: CommandWords): string[] {
  const here = name
    .split(' ')
    .map(word => `__fish_seen_subcommand_from ${word}`)
    .join('; and ');
  const offersNames = argument !== undefined && argument !== 'file' && argument !== 'directory';
  return [
    ...flags.map(
      flag =>
        `complete -c sprue -n ${quote(here)} -l ${flag.name.slice(2)} -d ${quote(flag.description)}${flag.takesValue ? ' -r' : ''}`,
    ),
    ...(offersNames
      ? [`complete -c sprue -n ${quote(here)} -f -a '(sprue complete ${argument} 2>/dev/null)'`]
      : []),
  ];
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
