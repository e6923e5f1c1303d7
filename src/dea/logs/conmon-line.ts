/** One line of the log file that conmon writes (the `k8s-file` format of CRI). */
export interface ConmonLine {
  /** Nanoseconds since the epoch, in decimal. */
  readonly timestampNs: string;
  readonly type: 'OUT' | 'ERR';
  /** The app's line goes on in the next line of the same stream. */
  readonly partial: boolean;
  readonly text: string;
}

const LINE = /^(\S+) (stdout|stderr) ([PF])(?: (.*))?$/s;
const TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;

/**
 * Parses `<RFC 3339 time> stdout|stderr P|F <text>`.
 * @returns `undefined` for anything else, e.g. the rest of a line whose beginning is lost.
 */
export function parseConmonLine(line: string): ConmonLine | undefined {
  const match = LINE.exec(line);
  const timestampNs = match?.[1] === undefined ? undefined : parseNanoseconds(match[1]);
  if (match === null || timestampNs === undefined) return undefined;
  return {
    timestampNs,
    type: match[2] === 'stdout' ? 'OUT' : 'ERR',
    partial: match[3] === 'P',
    text: match[4] ?? '',
  };
}

/** `Date` keeps milliseconds only, so the fraction is taken from the text. */
function parseNanoseconds(time: string): string | undefined {
  const match = TIME.exec(time);
  const seconds = Date.parse(`${match?.[1]}${match?.[3]}`) / 1000;
  if (match === null || Number.isNaN(seconds)) return undefined;
  return `${seconds}${(match[2] ?? '').padEnd(9, '0')}`;
}
