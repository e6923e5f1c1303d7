import { type ConmonLine, parseConmonLine } from './conmon-line.ts';

/** One line of an app's output. */
export interface AppLine {
  readonly timestampNs: string;
  readonly type: 'OUT' | 'ERR';
  readonly text: string;
}

interface Unfinished {
  readonly timestampNs: string;
  readonly offset: number;
  text: string;
}

/** A longer line is handed on in pieces, so that a line without end costs no memory. */
const LONGEST_LINE = 32 * 1024;

/** Joins the partial lines of conmon's log to the lines that the app wrote. */
export class LineJoiner {
  readonly #unfinished = new Map<ConmonLine['type'], Unfinished>();

  /** Takes the line that begins at `offset` of the file. @returns the app's line that it ends, if any. */
  add(raw: string, offset: number): AppLine | undefined {
    const line = parseConmonLine(raw);
    if (line === undefined) return undefined;
    const { type, timestampNs } = line;
    const begun = this.#unfinished.get(type) ?? { timestampNs, offset, text: '' };
    begun.text += line.text;
    if (line.partial && begun.text.length < LONGEST_LINE) {
      this.#unfinished.set(type, begun);
      return undefined;
    }
    this.#unfinished.delete(type);
    return { timestampNs: begun.timestampNs, type, text: begun.text };
  }

  /** Where reading must go on after a restart, when everything before `offset` was added. */
  resumeOffset(offset: number): number {
    return Math.min(offset, ...[...this.#unfinished.values()].map(line => line.offset));
  }

  /** Lines that the app never ended. */
  flush(): AppLine[] {
    const lines = [...this.#unfinished].map(([type, { timestampNs, text }]) => ({
      timestampNs,
      type,
      text,
    }));
    this.#unfinished.clear();
    return lines;
  }
}
