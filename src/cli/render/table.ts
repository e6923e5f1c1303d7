import { stripVTControlCharacters } from 'node:util';

export interface Column {
  readonly title: string;
  /** Numbers read best flush right. */
  readonly align?: 'left' | 'right';
  /** Gives way first when the table is wider than the terminal. */
  readonly shrink?: boolean;
}

export interface TableOptions {
  /** Width of the terminal; without it nothing is cut. */
  readonly maxWidth?: number;
}

const GAP = '   ';
const MINIMUM_SHRUNK_WIDTH = 12;

/**
 * Lines of an aligned table without borders, heading first. Cells may carry ANSI styles; a cell that
 * has to give way ends in `…`.
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  options: TableOptions = {},
): string[] {
  const lines = [columns.map(column => column.title), ...rows.map(row => row.map(oneLine))];
  const widths = columns.map((_, index) =>
    Math.max(...lines.map(line => displayWidth(line[index] ?? ''))),
  );
  fitWidths(columns, widths, options.maxWidth);
  return lines.map(line =>
    columns
      .map((column, index) => pad(line[index] ?? '', widths[index] ?? 0, column.align))
      .join(GAP)
      .trimEnd(),
  );
}

/** Columns of a terminal that the text takes: wide East Asian letters and emoji count twice. */
export function displayWidth(text: string): number {
  const plain = stripVTControlCharacters(text);
  if (/^[\x20-\x7e]*$/.test(plain)) return plain.length;
  let width = 0;
  for (const letter of plain) {
    if (/\p{Mn}/u.test(letter)) continue;
    width += /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uff00-\uff60]/u.test(
      letter,
    )
      ? 2
      : 1;
  }
  return width;
}

function fitWidths(columns: readonly Column[], widths: number[], maxWidth = Infinity): void {
  let excess = widths.reduce((sum, width) => sum + width, GAP.length * (widths.length - 1));
  excess -= maxWidth;
  for (const [index, column] of columns.entries()) {
    const width = widths[index] ?? 0;
    if (excess <= 0 || column.shrink !== true || width <= MINIMUM_SHRUNK_WIDTH) continue;
    const shrunk = Math.max(MINIMUM_SHRUNK_WIDTH, width - excess);
    excess -= width - shrunk;
    widths[index] = shrunk;
  }
}

function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const missing = width - displayWidth(text);
  if (missing < 0) return cut(text, width);
  const fill = ' '.repeat(missing);
  return align === 'right' ? fill + text : text + fill;
}

function cut(text: string, width: number): string {
  let kept = '';
  for (const letter of stripVTControlCharacters(text)) {
    if (displayWidth(kept + letter) > width - 1) break;
    kept += letter;
  }
  return `${kept}…`;
}

function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, ' ');
}
