import type { CommandSpec } from '../command-spec.ts';
import { type CommandWords, completionWords, groupsOf } from './words.ts';

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
    return `    '${name}') flags='${names}'; kind='${argument ?? ''}' ;;`;
  });
  const groups = [...groupsOf(words)].map(
    ([first, seconds]) => `    ${first})
      if (( COMP_CWORD == 2 )); then
        mapfile -t COMPREPLY < <(compgen -W '${seconds.join(' ')}' -- "$word")
        return
      fi
      command="${first} \${COMP_WORDS[2]}" ;;`,
  );
  return `# bash completion of sprue: source <(sprue completion bash)
_sprue() {
  local word=\${COMP_WORDS[COMP_CWORD]} flags='' kind='' words='' command=\${COMP_WORDS[1]}
  if (( COMP_CWORD == 1 )); then
    mapfile -t COMPREPLY < <(compgen -W '${firstWords(words).join(' ')}' -- "$word")
    return
  fi
  case $command in
${groups.join('\n')}
    *) ;;
  esac
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
  const commands = firstWords(words).map(first => {
    const summary = summaryOf(words, first).replaceAll(':', ' -');
    return `    ${quote(`${first}:${summary}`)}`;
  });
  const cases = words.map(({ name, flags, argument }) => {
    const specs = flags.map(flag => {
      const description = flag.description.replace(/[[\]:]/g, ' ');
      return quote(`${flag.name}[${description}]${flag.takesValue ? ':value:_files' : ''}`);
    });
    return `    '${name}') _arguments ${[...specs, quote(zshArgument(argument))].join(' ')} ;;`;
  });
  const groups = [...groupsOf(words)].map(
    ([first, seconds]) => `    ${first})
      if (( CURRENT == 2 )); then
        compadd ${seconds.join(' ')}
        return
      fi
      command="${first} $words[2]"
      shift words
      (( CURRENT-- )) ;;`,
  );
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
  case $command in
${groups.join('\n')}
  esac
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
  const firsts = firstWords(words).map(
    first =>
      `complete -c sprue -n __fish_use_subcommand -f -a ${first} -d ${quote(summaryOf(words, first))}`,
  );
  const groups = groupsOf(words);
  const lines = words.flatMap(({ name, summary, flags, argument }) => {
    const [first = '', second] = name.split(' ');
    const inFirst = `__fish_seen_subcommand_from ${first}`;
    const here =
      second === undefined ? inFirst : `${inFirst}; and __fish_seen_subcommand_from ${second}`;
    const open = `${inFirst}; and not __fish_seen_subcommand_from ${groups.get(first)?.join(' ')}`;
    const offersNames = argument !== undefined && argument !== 'file' && argument !== 'directory';
    return [
      ...(second === undefined
        ? []
        : [`complete -c sprue -n ${quote(open)} -f -a ${second} -d ${quote(summary)}`]),
      ...flags.map(
        flag =>
          `complete -c sprue -n ${quote(here)} -l ${flag.name.slice(2)} -d ${quote(flag.description)}${flag.takesValue ? ' -r' : ''}`,
      ),
      ...(offersNames
        ? [`complete -c sprue -n ${quote(here)} -f -a '(sprue complete ${argument} 2>/dev/null)'`]
        : []),
    ];
  });
  return `# fish completion of sprue: sprue completion fish > ~/.config/fish/completions/sprue.fish\n${[...firsts, ...lines].join('\n')}\n`;
}

function firstWords(words: readonly CommandWords[]): readonly string[] {
  return [...new Set(words.map(({ name }) => name.split(' ')[0] ?? name))];
}

/** Of the command, or of the commands that begin with this word. */
function summaryOf(words: readonly CommandWords[], first: string): string {
  const summary = words.find(({ name }) => name === first)?.summary;
  return summary ?? (groupsOf(words).get(first) ?? []).join(', ');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
