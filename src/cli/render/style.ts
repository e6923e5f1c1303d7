import { styleText } from 'node:util';

/** Decorates text for a terminal, or leaves it as it is. Colour never carries meaning alone. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  warn(text: string): string;
}

const same = (text: string): string => text;

export const plainStyle: Style = { bold: same, dim: same, good: same, bad: same, warn: same };

const ansi = (format: Parameters<typeof styleText>[0]) => (text: string) =>
  styleText(format, text, { validateStream: false });

export const colourStyle: Style = {
  bold: ansi('bold'),
  dim: ansi('dim'),
  good: ansi('green'),
  bad: ansi('red'),
  warn: ansi('yellow'),
};

export interface ColourInput {
  readonly isTerminal: boolean;
  readonly noColorFlag: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Colour only on a terminal, unless `--no-color`, `NO_COLOR` (https://no-color.org) or TERM=dumb. */
export function chooseStyle(input: ColourInput): Style {
  const { NO_COLOR, TERM } = input.env;
  const wanted =
    input.isTerminal &&
    !input.noColorFlag &&
    (NO_COLOR === undefined || NO_COLOR === '') &&
    TERM !== 'dumb';
  return wanted ? colourStyle : plainStyle;
}
