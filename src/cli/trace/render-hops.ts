import {
  GOOD_STATES,
  type Hop,
  type HopSide,
  type HopState,
  type HopTable,
} from '../../proto/hop-table.ts';
import { formatAddress } from '../../trace/correlate/flow.ts';
import type { Style } from '../render/style.ts';
import { displayWidth } from '../render/table.ts';
import { wrap } from './wrap.ts';

/** Stands beside the number of a hop; each has its words in the table too. */
const SIGNS: Readonly<Record<HopState, string>> = {
  seen: ' ',
  inferred: '~',
  reused: '=',
  'nothing-arrived': '✗',
  refused: '✗',
  failed: '✗',
  'no-report': '?',
};

const STATE_WORDS: Readonly<Partial<Record<HopState, string>>> = {
  inferred: 'inferred, not observed',
  'nothing-arrived': 'NOTHING ARRIVED HERE',
  refused: 'REFUSED HERE',
  failed: 'FAILED HERE',
  'no-report': 'NO REPORT',
};

const GAP = '  ';
const TITLES = ['#', 'HOP', 'WHERE', 'BEFORE', 'AFTER', 'DECIDED BY', 'MS'] as const;
const MIN_DECISION_WIDTH = 20;
/** An address pair is never broken; words in its place are, so that they do not widen the column. */
const MIN_SIDE_WIDTH = 20;
const MAX_WHERE_WIDTH = 14;
export const CHANGED = '*';

/** One line of a cell; `strong` marks what changed. */
interface CellLine {
  readonly text: string;
  readonly look?: 'changed' | 'bad' | 'dim';
}
type Cell = readonly CellLine[];
type Row = readonly Cell[];

/**
 * The hops as a table. An address pair takes two lines, source above destination, so that one sees which
 * of them a NAT changed; that one ends in `*`.
 */
export function renderHops(table: HopTable, maxWidth: number, style: Style): string[] {
  const widths = columnWidths(table.hops, maxWidth);
  // The first wrong hop is told in full below the table.
  const isTold = (hop: Hop) => hop.n === table.verdict.firstWrongHop;
  const rows = table.hops.map(hop => fit(rowOf(hop, isTold(hop)), widths));
  const total = widths.reduce((sum, width) => sum + width + GAP.length, -GAP.length);
  const lines = [titles(widths, style)];
  for (const [index, hop] of table.hops.entries()) {
    const before = table.hops[index - 1];
    if (hop.direction === 'return' && before?.direction === 'forward') {
      lines.push(style.dim(rule('the way back', total)));
    }
    if (hop.opensConnection) lines.push(style.bold(rule(connectionTitle(hop), total)));
    lines.push(...rowLines(rows[index] ?? [], widths, style));
  }
  return lines;
}

function connectionTitle({ state, attempt }: Hop): string {
  const kind = state === 'reused' ? 'another TCP connection, kept open' : 'new TCP connection';
  return attempt !== null && attempt.n > 1
    ? `${kind}, attempt ${attempt.n} of ${attempt.of}`
    : kind;
}

function rule(title: string, width: number): string {
  const start = `─ ${title} `;
  return start + '─'.repeat(Math.max(1, width - displayWidth(start)));
}

function titles(widths: readonly number[], style: Style): string {
  const cells = TITLES.map((title, index) => pad(title, widths[index] ?? 0, isNumber(index)));
  return style.dim(cells.join(GAP).trimEnd());
}

function rowOf(hop: Hop, isTold: boolean): Row {
  const sign = SIGNS[hop.state];
  const isBad = !GOOD_STATES.has(hop.state);
  return [
    [{ text: `${sign}${String(hop.n).padStart(2)}`, ...(isBad && { look: 'bad' as const }) }],
    [{ text: hop.hop }],
    [{ text: hop.where }],
    sideCell(hop.before, []),
    sideCell(hop.after, hop.changed),
    decisionCell(hop, isTold),
    [{ text: hop.ms === null ? '' : hop.ms.toFixed(1) }],
  ];
}

function sideCell(side: HopSide | null, changed: Hop['changed']): Cell {
  if (side === null) return [];
  if (side.type === 'text') return [{ text: side.text }];
  const mark = (end: 'source' | 'destination', text: string): CellLine =>
    changed.includes(end) ? { text: `${text}${CHANGED}`, look: 'changed' } : { text };
  return [
    mark('source', formatAddress(side.source)),
    mark('destination', `→ ${formatAddress(side.destination)}`),
  ];
}

function decisionCell(hop: Hop, isTold: boolean): Cell {
  const words = STATE_WORDS[hop.state];
  const isBad = !GOOD_STATES.has(hop.state);
  return [
    ...(words === undefined ? [] : [{ text: words, ...(isBad && { look: 'bad' as const }) }]),
    ...(hop.expected === null || isTold ? [] : [{ text: `expected: ${hop.expected}` }]),
    ...(hop.found === null || isTold ? [] : [{ text: `found: ${hop.found}` }]),
    ...hop.decidedBy.map(text => ({ text })),
  ];
}

function columnWidths(hops: readonly Hop[], maxWidth: number): number[] {
  const rows = hops.map(hop => rowOf(hop, true));
  const longest = (column: number) =>
    Math.max(...rows.flatMap(row => (row[column] ?? []).map(({ text }) => displayWidth(text))));
  const side = (end: 'before' | 'after') =>
    Math.max(
      MIN_SIDE_WIDTH,
      ...hops
        .filter(hop => hop[end]?.type === 'flow')
        .flatMap(hop => sideCell(hop[end], end === 'after' ? hop.changed : []))
        .map(({ text }) => displayWidth(text)),
    );
  const widths = [3, longest(1), Math.min(MAX_WHERE_WIDTH, Math.max(5, longest(2)))];
  widths.push(side('before'), side('after'), 0, Math.max(2, longest(MS)));
  const taken = widths.reduce((sum, width) => sum + width + GAP.length, -GAP.length);
  widths[DECISION] = Math.max(MIN_DECISION_WIDTH, maxWidth - taken);
  return widths;
}

const DECISION = TITLES.indexOf('DECIDED BY');
const MS = TITLES.indexOf('MS');

/** Breaks what is too long for its column; numbers never are. */
function fit(row: Row, widths: readonly number[]): Row {
  return row.map((cell, column) => {
    if (column === 0 || column === MS) return cell;
    return cell.flatMap(({ text, look }) =>
      wrap(text, widths[column] ?? 0).map(line => ({ text: line, ...(look && { look }) })),
    );
  });
}

function rowLines(row: Row, widths: readonly number[], style: Style): string[] {
  const height = Math.max(...row.map(cell => cell.length));
  return Array.from({ length: height }, (_, line) =>
    row
      .map((cell, column) => {
        const { text = '', look } = cell[line] ?? {};
        return paint(pad(text, widths[column] ?? 0, isNumber(column)), look, style);
      })
      .join(GAP)
      .trimEnd(),
  );
}

function paint(text: string, look: CellLine['look'], style: Style): string {
  if (look === 'changed') return style.bold(text);
  if (look === 'bad') return style.bad(text);
  return look === 'dim' ? style.dim(text) : text;
}

function isNumber(column: number): boolean {
  return column === 0 || column === MS;
}

function pad(text: string, width: number, isRight: boolean): string {
  const fill = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return isRight ? fill + text : text + fill;
}
