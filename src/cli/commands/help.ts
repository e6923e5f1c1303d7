import { suggestion } from '../../core/did-you-mean.ts';
import { ERRORS, type ErrorCode, EXIT } from '../../core/error-table.ts';
import { SprueError } from '../../core/errors.ts';
import { buildProgram } from '../build-program.ts';
import type { Invocation } from '../command-spec.ts';
import type { Output } from '../render/output.ts';

export async function run({ args, context }: Invocation): Promise<number> {
  const { output, commands } = context;
  const [topic] = args;
  const program = buildProgram({
    commands,
    write: text => output.raw(text),
    dispatch: async () => {},
  });
  if (topic === undefined) {
    program.outputHelp();
    return EXIT.ok;
  }
  const command = program.commands.find(
    item => item.name() === topic || item.aliases().includes(topic),
  );
  const code = topic.toUpperCase().replaceAll('-', '_');
  if (command) command.outputHelp();
  else if (isErrorCode(code)) explain(code, output);
  else
    throw unknownTopic(
      topic,
      program.commands.map(item => item.name()),
    );
  return EXIT.ok;
}

function explain(code: ErrorCode, output: Output): void {
  const { message, next, status, v3, exit } = ERRORS[code];
  if (output.json) {
    output.value({ code, message, next, status, v3: { code: v3[0], title: v3[1] }, exit });
    return;
  }
  output.line(output.style.bold(code));
  output.line();
  output.line(readable(message));
  if (next !== '') output.line(readable(next));
  output.line();
  output.facts([
    ['exit code', `${exit} (${exitName(exit)})`],
    ['HTTP status', String(status)],
    ['V3 error', `${v3[1]} (${v3[0]})`],
    ['more', 'docs/errors.md'],
  ]);
}

/** Placeholders that only carry further sentences are left out, the others shown as `<name>`. */
function readable(template: string): string {
  return template
    .replace(/\s*\{(?:older|suggestion|goesOn|where|list|text)\}/g, '')
    .replace(/\{(\w+)\}/g, '<$1>');
}

function exitName(exit: number): string {
  return Object.entries(EXIT).find(([, code]) => code === exit)?.[0] ?? '';
}

function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERRORS, text);
}

function unknownTopic(topic: string, commands: readonly string[]): SprueError {
  const codes = Object.keys(ERRORS);
  const candidates = /^[A-Z_]+$/.test(topic) ? codes : commands;
  return new SprueError('NO_SUCH', {
    kind: 'command or error code',
    name: topic,
    where: '',
    suggestion: suggestion(topic, candidates),
    list: '`sprue --help` lists the commands, docs/errors.md the codes.',
  });
}
