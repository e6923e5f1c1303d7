import { StagingFailure } from './staging-failure.ts';

/** `type: command`, as Foreman and Cloud Foundry read it; process types are letters, digits, `-` and `_`. */
const LINE = /^([A-Za-z0-9_-]+):\s*(\S.*)$/;

/**
 * Start command by process type.
 * @throws StagingFailure for a line that is neither an entry, a comment nor empty.
 */
export function parseProcfile(text: string): Readonly<Record<string, string>> {
  const entries = new Map<string, string>();
  for (const [index, raw] of text.split(/\r\n|\r|\n/).entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const [, type, command] = LINE.exec(line) ?? [];
    if (type === undefined || command === undefined) {
      throw new StagingFailure(
        'StagingError',
        `line ${index + 1} of the Procfile is not “type: command”: ${JSON.stringify(line.slice(0, 100))}`,
      );
    }
    if (entries.has(type)) {
      throw new StagingFailure('StagingError', `the Procfile has the process type “${type}” twice`);
    }
    entries.set(type, command);
  }
  return Object.fromEntries(entries);
}
