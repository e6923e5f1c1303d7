/** Writes `docs/errors.md` from the error table; `test/docs.test.ts` fails when they differ. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERRORS, type ErrorEntry, EXIT } from '../src/core/error-table.ts';

const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'It worked.',
  failed: 'It did not work; the message says why.',
  usage: 'The command line, a manifest or the environment is wrong; nothing was done.',
  notFound: 'What was named does not exist.',
  notAuthorised: 'Not logged in, or not allowed.',
  timedOut: 'It took too long; the message says what goes on.',
  unhealthy: 'An app does not serve, the platform is not well, or a traced request was not served.',
  interrupted: 'Ctrl-C; the message says what goes on.',
};

export function renderErrors(): string {
  const exits = Object.entries(EXIT).map(
    ([name, code]) => `| ${code} | ${EXIT_MEANINGS[name as keyof typeof EXIT]} |`,
  );
  const errors = Object.entries<ErrorEntry>(ERRORS).map(([code, entry]) =>
    renderEntry(code, entry),
  );
  return `# Errors

Every error has a stable code. \`sprue help CODE\` prints the same as this page. Words in braces are
filled in. The V3 API answers with the HTTP status and Cloud Foundry's own code and title.

*This page is written by \`node scripts/render-errors.ts\` from \`src/core/error-table.ts\`.*

## Exit codes

| code | meaning |
|---|---|
${exits.join('\n')}

## Codes

${errors.join('\n')}`;
}

function renderEntry(code: string, { message, next, status, v3, exit }: ErrorEntry): string {
  const advice = next === '' ? '' : `\n\n${htmlSafe(next)}`;
  return `### ${code}

${htmlSafe(message)}${advice}

HTTP ${status} · ${v3[1]} (${v3[0]}) · exit code ${exit}
`;
}

/** Placeholders such as \`<name>\` are text, not HTML. */
function htmlSafe(text: string): string {
  return text.replaceAll('<', '&lt;');
}

if (import.meta.main)
  writeFileSync(join(import.meta.dirname, '..', 'docs', 'errors.md'), renderErrors());
