import { diff } from 'node:util';

/** What is another one in every run, and what stands for it. Order matters. */
const VOLATILE: readonly (readonly [RegExp, string])[] = [
  [/(tcp +6) \d+ [A-Z_]+/g, '$1 SECONDS STATE'],
  [/sprue-[0-9a-f]{6}-[0-9a-f]{8}/g, 'NETNS'],
  [/sprue-lab-[a-z0-9]+-/g, 'sprue-lab-NAME-'],
  [/\bw-[0-9a-f]{8}/g, 'VETH'],
  [/@if\d+/g, '@ifINDEX'],
  [/^\d+: (?=eth0)/gm, 'INDEX: '],
  // Which of its addresses a host takes depends on where the app was staged.
  [/\b10\.254\.0\.\d+/g, 'CONTAINER'],
  [/\b(ee:ee|aa:aa):0a:fe(:[0-9a-f]{2}){2}/g, '$1:MAC'],
  [/pid[ =]\d+/g, 'PID'],
  [/fd=\d+/g, 'FD'],
  [/\buse=\d+/g, 'use=N'],
  [/shop\/\d\b|instance \d\b/g, 'INSTANCE'],
  [/(?<![\d.])(?!61001)\d{5}(?!\d)/g, 'PORT'],
  [/(?<![\d.])\d+\.\d(?![\d.])/g, 'MS'],
];

/**
 * How two renderings of the tour differ, apart from what every run has anew: ports, process ids,
 * names that follow from ids, times, and where a column of the trace's table breaks its lines.
 * @returns lines with `-` (only stored) and `+` (only fresh); none when the pages say the same
 */
export function differences(stored: string, fresh: string): string[] {
  return diff(comparable(stored), comparable(fresh))
    .filter(([side]) => side !== 0)
    .map(([side, line]) => `${side === 1 ? '-' : '+'} ${line}`);
}

function comparable(page: string): string[] {
  const lasting = VOLATILE.reduce((text, [pattern, word]) => text.replace(pattern, word), page);
  const rowsAsWords = lasting.replace(/```text\n([\s\S]*?)(?=\n\n|\n```)/g, (_, rows: string) =>
    wordsOf(rows),
  );
  return sortRecords(rowsAsWords.split('\n').map(line => line.replace(/\s+/g, ' ').trim()));
}

/** A column is as wide as its longest word, so another pid may break lines elsewhere. */
function wordsOf(rows: string): string {
  return rows.split(/\s+/).sort().join(' ');
}

/** The name server lists its addresses in turns. */
function sortRecords(lines: readonly string[]): string[] {
  const isRecord = (line = ''): boolean => / IN A /.test(line);
  const records = lines.filter(isRecord).sort();
  return lines.map(line => (isRecord(line) ? (records.shift() ?? '') : line));
}
