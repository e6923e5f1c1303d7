import { plainStyle, type Style } from './style.ts';
import { type Column, renderTable } from './table.ts';

/** The part of a stream that the command line writes to. */
export interface Sink {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface OutputOptions {
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly stdoutStyle?: Style;
  readonly stderrStyle?: Style;
  /** The command was called with `--json`: stdout carries one JSON value and nothing else. */
  readonly json?: boolean;
  /** stderr is a terminal that cannot rewrite a line (TERM=dumb). */
  readonly dumb?: boolean;
}

/** Data goes to stdout, everything said on the way to stderr. */
export class Output {
  readonly json: boolean;
  /** Styles for stdout. */
  readonly style: Style;
  /** Styles for stderr. */
  readonly noteStyle: Style;
  /** Whether stderr is a terminal, where a line may be rewritten. */
  readonly live: boolean;
  readonly #stdout: Sink;
  readonly #stderr: Sink;

  constructor(options: OutputOptions) {
    this.#stdout = options.stdout;
    this.#stderr = options.stderr;
    this.json = options.json ?? false;
    this.style = options.stdoutStyle ?? plainStyle;
    this.noteStyle = options.stderrStyle ?? plainStyle;
    this.live = options.stderr.isTTY === true && !this.json && options.dumb !== true;
  }

  /** Width of the terminal behind stdout; `undefined` when it is none. */
  get width(): number | undefined {
    return this.#stdout.isTTY === true ? this.#stdout.columns || undefined : undefined;
  }

  /** Width of the terminal behind stderr. */
  get noteWidth(): number {
    return this.#stderr.columns || 80; // some pseudo terminals say 0
  }

  /** One line of data on stdout. */
  line(text = ''): void {
    this.#stdout.write(`${text}\n`);
  }

  /** Text to stdout as it is, e.g. the body of an answer. */
  raw(text: string): void {
    this.#stdout.write(text);
  }

  /** One line of explanation on stderr; with `--json` nothing is explained. */
  note(text = ''): void {
    if (!this.json) this.#stderr.write(`${text}\n`);
  }

  /** Text to stderr as it is, whatever the mode: errors, control sequences. */
  rawNote(text: string): void {
    this.#stderr.write(text);
  }

  table(columns: readonly Column[], rows: readonly (readonly string[])[]): void {
    const { width } = this;
    const bold = columns.map(column => ({ ...column, title: this.style.dim(column.title) }));
    const options = width === undefined ? {} : { maxWidth: width };
    for (const line of renderTable(bold, rows, options)) this.line(line);
  }

  /** `name   value` pairs, aligned. Pairs without a value are left out. */
  facts(pairs: readonly (readonly [name: string, value: string | undefined])[]): void {
    const shown = pairs.filter(([, value]) => value !== undefined && value !== '');
    const width = Math.max(0, ...shown.map(([name]) => name.length));
    for (const [name, value] of shown) {
      this.line(`${this.style.dim(name.padEnd(width))}   ${value}`);
    }
  }

  /** The answer to `--json`. */
  value(value: unknown): void {
    this.line(JSON.stringify(value, null, 2));
  }
}
