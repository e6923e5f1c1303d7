import type { CommandSpec } from '../command-spec.ts';
import { type CommandWords, completionWords } from './words.ts';

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
    return `    ${name}) flags='${names}'; kind='${argument ?? ''}' ;;`;
  });
  return `# bash completion of sprue: source <(sprue completion bash)
_sprue() {
  local word=\${COMP_WORDS[COMP_CWORD]} flags='' kind='' words=''
  if (( COMP_CWORD == 1 )); then
    mapfile -t COMPREPLY < <(compgen -W '${words.map(({ name }) => name).join(' ')}' -- "$word")
    return
  fi
  case \${COMP_WORDS[1]} in
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
  const commands = words.map(
    ({ name, summary }) => `    ${quote(`${name}:${summary.replaceAll(':', ' -')}`)}`,
  );
  const cases = words.map(({ name, flags, argument }) => {
    const specs = flags.map(flag => {
      const description = flag.description.replace(/[[\]:]/g, ' ');
      return quote(`${flag.name}[${description}]${flag.takesValue ? ':value:_files' : ''}`);
    });
    return `    ${name}) _arguments ${[...specs, quote(zshArgument(argument))].join(' ')} ;;`;
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
  const lines = words.flatMap(({ name, summary, flags, argument }) => {
    const here = `__fish_seen_subcommand_from ${name}`;
    const offersNames = argument !== undefined && argument !== 'file' && argument !== 'directory';
    return [
      `complete -c sprue -n __fish_use_subcommand -f -a ${name} -d ${quote(summary)}`,
      ...flags.map(
        flag =>
          `complete -c sprue -n ${quote(here)} -l ${flag.name.slice(2)} -d ${quote(flag.description)}${flag.takesValue ? ' -r' : ''}`,
      ),
      ...(offersNames
        ? [`complete -c sprue -n ${quote(here)} -f -a '(sprue complete ${argument} 2>/dev/null)'`]
        : []),
    ];
  });
  return `# fish completion of sprue: sprue completion fish > ~/.config/fish/completions/sprue.fish\n${lines.join('\n')}\n`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
