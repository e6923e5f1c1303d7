import type { NamedResult } from './preflight/preflight.ts';

/** Where the commands of this folder tell a person what happens: lines on stderr. */
export interface Report {
  /** A step begins or something is worth knowing. */
  step(text: string): void;
  check(named: NamedResult): void;
}

const MARKS = { ok: 'ok  ', warn: 'warn', fail: 'FAIL' } as const;

export function stderrReport(
  write: (line: string) => void = line => process.stderr.write(`${line}\n`),
): Report {
  const startedMs = performance.now();
  return {
    step: text =>
      write(`${((performance.now() - startedMs) / 1000).toFixed(1).padStart(5)} s  ${text}`),
    check: ({ name, result }) => {
      write(`  ${MARKS[result.status]}  ${name.padEnd(16)} ${result.found}`);
      if (result.status !== 'ok') write(`        ${''.padEnd(16)} → ${result.next}`);
    },
  };
}
