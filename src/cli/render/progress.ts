import { formatElapsed } from './duration.ts';
import type { Output } from './output.ts';

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 80;
const NAME_WIDTH = 10;
const CLEAR_LINE = '\r\x1b[2K';

/** One named step of a longer piece of work, being done. */
export interface Step {
  /** What is being done right now; shown on a terminal only. */
  update(detail: string): void;
  /** A line that belongs to the step, e.g. a line of the staging log. */
  print(line: string): void;
}

/**
 * Says on stderr which steps are done and how long each took. On a terminal the current step has a
 * spinner; elsewhere each step is one plain line when it ends.
 */
export class Progress {
  readonly #output: Output;
  #timer: NodeJS.Timeout | undefined;
  #current: { name: string; detail: string; startedMs: number; frame: number } | undefined;

  constructor(output: Output) {
    this.#output = output;
  }

  /** Runs `work` as a step; what it returns as `detail` is shown beside the name. */
  async step<T>(
    name: string,
    work: (step: Step) => Promise<{ readonly value: T; readonly detail: string }>,
  ): Promise<T> {
    const startedMs = performance.now();
    this.#current = { name, detail: '', startedMs, frame: 0 };
    this.#startSpinner();
    try {
      const { value, detail } = await work({
        update: text => {
          if (this.#current) this.#current.detail = text;
        },
        print: line => this.#print(line),
      });
      this.#finish('✓', name, detail, startedMs);
      return value;
    } catch (thrown) {
      this.#finish('✗', name, isAbort(thrown) ? 'interrupted' : 'failed', startedMs);
      throw thrown;
    }
  }

  #print(line: string): void {
    const { dim } = this.#output.noteStyle;
    if (this.#output.live) this.#output.rawNote(CLEAR_LINE);
    this.#output.note(`  ${dim('│')} ${line}`);
    this.#draw();
  }

  #finish(mark: '✓' | '✗', name: string, detail: string, startedMs: number): void {
    clearInterval(this.#timer);
    this.#current = undefined;
    const { good, bad, dim } = this.#output.noteStyle;
    const shownMark = mark === '✓' ? good(mark) : bad(mark);
    const elapsed = dim(formatElapsed(performance.now() - startedMs).padStart(8));
    if (this.#output.live) this.#output.rawNote(CLEAR_LINE);
    this.#output.note(`${shownMark} ${elapsed}  ${name.padEnd(NAME_WIDTH)} ${detail}`.trimEnd());
  }

  #startSpinner(): void {
    if (!this.#output.live) return;
    this.#timer = setInterval(() => this.#draw(), FRAME_MS);
    this.#timer.unref();
    this.#draw();
  }

  #draw(): void {
    const step = this.#current;
    if (step === undefined || !this.#output.live) return;
    const frame = FRAMES[step.frame++ % FRAMES.length];
    const elapsed = formatElapsed(performance.now() - step.startedMs).padStart(8);
    const text = `${frame} ${elapsed}  ${step.name.padEnd(NAME_WIDTH)} ${step.detail}`;
    this.#output.rawNote(`${CLEAR_LINE}${text.slice(0, this.#output.noteWidth - 1)}`);
  }
}

function isAbort(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === 'AbortError';
}

/** `████░░░░ 512K of 1M` */
export function bar(done: number, total: number, width = 20): string {
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const full = Math.round(share * width);
  return '█'.repeat(full) + '░'.repeat(width - full);
}
